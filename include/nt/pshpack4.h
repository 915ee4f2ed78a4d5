/* SPDX-License-Identifier: GPL-2.0 */
/* Aligns the members of the next structures to at most 4 bytes, until poppack.h. */
#pragma pack(push, 4)

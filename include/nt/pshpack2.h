/* SPDX-License-Identifier: GPL-2.0 */
/* Aligns the members of the next structures to at most 2 bytes, until poppack.h. */
#pragma pack(push, 2)

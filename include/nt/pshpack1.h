/* SPDX-License-Identifier: GPL-2.0 */
/* Aligns the members of the next structures to one byte, until poppack.h. */
#pragma pack(push, 1)

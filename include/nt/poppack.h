/* SPDX-License-Identifier: GPL-2.0 */
/* Ends the effect of the last pshpack1.h, pshpack2.h and so on. */
#pragma pack(pop)

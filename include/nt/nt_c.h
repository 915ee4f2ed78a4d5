/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of the C library that NT's own headers define. A driver's file therefore has them
 * without a Linux header. The headers with C's names include this one: stddef.h, stdarg.h,
 * stdint.h, string.h.
 *
 * Linux defines the same names with the same meaning. C allows to repeat a typedef, a
 * prototype and an equal macro. So the types have Linux's base types, and the macros have
 * Linux's tokens. The routines are those that the kernel exports.
 */
#ifndef NTPOOL_NT_C_H
#define NTPOOL_NT_C_H

typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;

/* 16 bits: kernel code is compiled with -fshort-wchar. */
typedef unsigned short wchar_t;

#if !defined(__STDC_VERSION__) || __STDC_VERSION__ < 202311L
typedef _Bool bool;
#endif

typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;

/* On Linux a long has the size of a pointer. */
typedef long intptr_t;
typedef unsigned long uintptr_t;

typedef __builtin_va_list va_list;

#ifndef va_start
#define va_start(v, l)	__builtin_va_start(v, l)
#endif
#ifndef va_end
#define va_end(v)	__builtin_va_end(v)
#endif
#ifndef va_arg
#define va_arg(v, T)	__builtin_va_arg(v, T)
#endif
#ifndef va_copy
#define va_copy(d, s)	__builtin_va_copy(d, s)
#endif

/* Linux's header may have made macros or inline functions of these names. */
#ifndef _LINUX_STRING_H_
void *memcpy(void *Destination, const void *Source, size_t Length);
void *memmove(void *Destination, const void *Source, size_t Length);
void *memset(void *Destination, int Fill, size_t Length);
int memcmp(const void *Left, const void *Right, size_t Length);
void *memchr(const void *Memory, int Byte, size_t Length);
size_t strlen(const char *String);
size_t strnlen(const char *String, size_t Most);
int strcmp(const char *Left, const char *Right);
int strncmp(const char *Left, const char *Right, size_t Most);
char *strchr(const char *String, int Character);
char *strrchr(const char *String, int Character);
char *strstr(const char *String, const char *Part);

typedef char *NTPOOL_COPY_STRING(char *Destination, const char *Source);
typedef char *NTPOOL_COPY_PART(char *Destination, const char *Source, size_t Length);

NTPOOL_COPY_STRING strcpy, strcat;
NTPOOL_COPY_PART strncpy;
#endif

#endif

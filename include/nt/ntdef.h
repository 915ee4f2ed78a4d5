/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NT's basic types, attributes of routines, and small macros.
 *
 * These headers depend on the compiler alone. A driver's file may include only them,
 * or mix them with Linux headers in either order. Two rules follow.
 *
 *  - A name that Linux defines as a macro is an enumerator here: PAGE_SIZE,
 *    PAGE_SHIFT, TRUE, FALSE. A later #define shadows it without a warning. #if
 *    cannot use such a name.
 *  - A name with another meaning in Linux is left out. PAGE_ALIGN rounds down on NT
 *    and up on Linux. ALIGN_DOWN takes a type on NT, and a number on Linux. The others are
 *    min, max, true, false, __in, __out and __reserved.
 *    The last three are old annotations; Linux's headers use them as labels and a field. A file
 *    without Linux headers gets all of them with "ccflags-y += -DNTPOOL_PURE_NT".
 *
 * LONG and ULONG are 32 bits wide everywhere, as on NT. A pointer fits ULONG_PTR.
 */
#ifndef NTPOOL_NTDEF_H
#define NTPOOL_NTDEF_H

#include "nt_c.h"
#include "nt_sal.h"
#include "sdkddkver.h"

/*
 * NT's compiler only warns if a pointer has another type than the one expected, as T ** for
 * PVOID *. Kbuild makes that an error. In a file that has included no Linux header before,
 * it becomes a warning. clang ignores the second line without the first.
 */
#ifndef _LINUX_TYPES_H
#pragma GCC diagnostic ignored "-Wincompatible-pointer-types"
#pragma GCC diagnostic warning "-Wincompatible-pointer-types"
#endif

/* A deprecated routine is a warning on NT, also where Kbuild makes all of them errors. */
#pragma GCC diagnostic warning "-Wdeprecated-declarations"

/* pshpack1.h and the like change the alignment in the file that includes them. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpragma-pack"
#endif

/*
 * Names of the processor, as NT's compiler and build tools define them. Drivers select code with
 * these names. _MSC_VER is left out, because it promises more than these headers have.
 */
#if defined(__LP64__) && !defined(_WIN64)
#define _WIN64			1
#endif
#if defined(__x86_64__) && !defined(_AMD64_)
#define _AMD64_			1
#endif
#if defined(__x86_64__) && !defined(_M_AMD64)
#define _M_AMD64		100
#endif
#if defined(__x86_64__) && !defined(_M_X64)
#define _M_X64			100
#endif
#if defined(__i386__) && !defined(_X86_)
#define _X86_			1
#endif
#if defined(__i386__) && !defined(_M_IX86)
#define _M_IX86			600
#endif
#if defined(__aarch64__) && !defined(_ARM64_)
#define _ARM64_			1
#endif
#if defined(__aarch64__) && !defined(_M_ARM64)
#define _M_ARM64		1
#endif

/*
 * Attributes of a routine or a type. Linux defines the short forms (__aligned and so
 * on) itself, so these headers use one macro for all of them.
 */
#define NTPOOL_ATTR(...)	__attribute__((__VA_ARGS__))

/* Several tokens as one macro argument; one token out of two. */
#define NTPOOL_WORDS(...)	__VA_ARGS__
#define NTPOOL_GLUE(Left, Right)	Left##Right

#define DECLSPEC_ALIGN(Bytes)	NTPOOL_ATTR(__aligned__(Bytes))
#define DECLSPEC_CACHEALIGN	DECLSPEC_ALIGN(SYSTEM_CACHE_ALIGNMENT_SIZE)
#define DECLSPEC_NORETURN	NTPOOL_ATTR(__noreturn__)
#define DECLSPEC_NOINLINE	NTPOOL_ATTR(__noinline__)
#define DECLSPEC_DEPRECATED
#define DECLSPEC_DEPRECATED_DDK
#define DECLSPEC_GUARDNOCF
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT
#define DECLSPEC_NOTHROW
#define DECLSPEC_NOVTABLE
#define DECLSPEC_RESTRICT
#define DECLSPEC_SAFEBUFFERS
#define DECLSPEC_SELECTANY	NTPOOL_ATTR(__weak__)
#define DECLSPEC_UUID(Text)

/*
 * The words that __declspec() accepts, as attributes; most of them are none. NT's deprecated
 * takes a text or none, like the attribute.
 */
#define __declspec(Word)		NTPOOL_ATTR(NTPOOL_DECLSPEC_##Word)
#define NTPOOL_DECLSPEC_align(Bytes)	__aligned__(Bytes)
#define NTPOOL_DECLSPEC_allocate(Section)
#define NTPOOL_DECLSPEC_allocator
#define NTPOOL_DECLSPEC_code_seg(Section)
#define NTPOOL_DECLSPEC_deprecated	__deprecated__
#define NTPOOL_DECLSPEC_dllexport
#define NTPOOL_DECLSPEC_dllimport
#define NTPOOL_DECLSPEC_guard(Word)
#define NTPOOL_DECLSPEC_naked		NTPOOL_NAKED
#define NTPOOL_DECLSPEC_no_sanitize_address	__no_sanitize_address__
#define NTPOOL_DECLSPEC_noalias
#define NTPOOL_DECLSPEC_noinline	__noinline__
#define NTPOOL_DECLSPEC_noreturn	__noreturn__
#define NTPOOL_DECLSPEC_nothrow
#define NTPOOL_DECLSPEC_novtable
#define NTPOOL_DECLSPEC_restrict
#define NTPOOL_DECLSPEC_safebuffers
#define NTPOOL_DECLSPEC_selectany	__weak__
#define NTPOOL_DECLSPEC_spectre(Word)
#define NTPOOL_DECLSPEC_thread		)) _Thread_local __attribute__((
#define NTPOOL_DECLSPEC_uuid(Text)

/* gcc has the attribute on x86 only. */
#if __has_attribute(__naked__)
#define NTPOOL_NAKED			__naked__
#else
#define NTPOOL_NAKED
#endif

/*
 * A pragma inside a macro. pack is obeyed. The other words are for NT's compiler and
 * linker. clang has __pragma() itself with -fms-extensions.
 */
#ifndef __pragma
#define __pragma(...)			NTPOOL_PRAGMA(__VA_ARGS__)
#endif
#define NTPOOL_PRAGMA(...)		NTPOOL_PRAGMA_##__VA_ARGS__
#define NTPOOL_PRAGMA_pack(...)		NTPOOL_PRAGMA_TEXT(pack(__VA_ARGS__))
#define NTPOOL_PRAGMA_TEXT(...)		_Pragma(#__VA_ARGS__)
#define NTPOOL_PRAGMA_alloc_text(...)
#define NTPOOL_PRAGMA_auto_inline(...)
#define NTPOOL_PRAGMA_bss_seg(...)
#define NTPOOL_PRAGMA_check_stack(...)
#define NTPOOL_PRAGMA_code_seg(...)
#define NTPOOL_PRAGMA_comment(...)
#define NTPOOL_PRAGMA_const_seg(...)
#define NTPOOL_PRAGMA_data_seg(...)
#define NTPOOL_PRAGMA_deprecated(...)
#define NTPOOL_PRAGMA_detect_mismatch(...)
#define NTPOOL_PRAGMA_endregion
#define NTPOOL_PRAGMA_function(...)
#define NTPOOL_PRAGMA_hdrstop
#define NTPOOL_PRAGMA_inline_depth(...)
#define NTPOOL_PRAGMA_inline_recursion(...)
#define NTPOOL_PRAGMA_intrinsic(...)
#define NTPOOL_PRAGMA_loop(...)
#define NTPOOL_PRAGMA_message(...)
#define NTPOOL_PRAGMA_once
#define NTPOOL_PRAGMA_optimize(...)
#define NTPOOL_PRAGMA_pop_macro(...)	NTPOOL_PRAGMA_TEXT(pop_macro(__VA_ARGS__))
#define NTPOOL_PRAGMA_prefast(...)
#define NTPOOL_PRAGMA_push_macro(...)	NTPOOL_PRAGMA_TEXT(push_macro(__VA_ARGS__))
#define NTPOOL_PRAGMA_region
#define NTPOOL_PRAGMA_runtime_checks(...)
#define NTPOOL_PRAGMA_section(...)
#define NTPOOL_PRAGMA_setlocale(...)
#define NTPOOL_PRAGMA_strict_gs_check(...)
#define NTPOOL_PRAGMA_suppress(...)
#define NTPOOL_PRAGMA_warning(...)

/* NT's calling conventions; Linux has only one. */
#define NTAPI
#define FASTCALL
#define CDECL
#define STDCALL
#define NTSYSAPI
#define NTKERNELAPI
#define NTHALAPI
#define NTSYSCALLAPI
#define NTAPI_INLINE
#define __stdcall
#define __fastcall
#ifndef __cdecl
#define __cdecl
#endif

/* For sources that C++ reads too; these headers are for C only. */
#define EXTERN_C		extern
#define EXTERN_C_START
#define EXTERN_C_END

/*
 * NT sources write it before or after the type, with and without "static". Only a word
 * that is no storage class allows all of that. So it is an inline function of C99, which
 * leaves nothing to link. A prototype without it makes an ordinary function. A header
 * that two files include therefore has either "static" or no prototype.
 * Without "static", its address cannot be taken. gcc warns if such a function uses a
 * static one.
 *
 * __inline is the bare keyword. Linux redefines the spellings without underscores, and
 * with them at both ends, as another kind of inline function.
 */
#define FORCEINLINE \
	NTPOOL_WORDS(NTPOOL_GLUE(__in, line) NTPOOL_ATTR(__always_inline__, __unused__))
#define CFORCEINLINE		FORCEINLINE
#define __forceinline		FORCEINLINE

#define CONST			const
#define UNALIGNED
#define __unaligned
#define RESTRICTED_POINTER
#define POINTER_32
#define POINTER_64
#define NOTHING

/*
 * Types.
 */
#define VOID			void

typedef void *PVOID;
typedef const void *PCVOID;
typedef void *HANDLE, **PHANDLE;

/* NT's CHAR is signed; Linux compiles plain char as unsigned since 6.2. */
typedef signed char CHAR, CCHAR;
typedef char *PCHAR, *PCCHAR, *PCH, *LPCH, *PSTR, *LPSTR, *PSZ;
typedef const char *PCCH, *LPCCH, *PCSTR, *LPCSTR, *PCSZ;
typedef signed char SCHAR, *PSCHAR;
typedef unsigned char UCHAR, *PUCHAR;
typedef short SHORT, CSHORT, *PSHORT;
typedef unsigned short USHORT, *PUSHORT;
typedef int INT, *PINT;
typedef unsigned int UINT, *PUINT;
typedef int LONG, *PLONG;
typedef unsigned int ULONG, *PULONG, CLONG, *PCLONG;
typedef long long LONGLONG, *PLONGLONG;
typedef unsigned long long ULONGLONG, *PULONGLONG;

/* The same by width. */
typedef signed char INT8, *PINT8;
typedef unsigned char UINT8, *PUINT8;
typedef short INT16, *PINT16;
typedef unsigned short UINT16, *PUINT16;
typedef int INT32, *PINT32, LONG32, *PLONG32;
typedef unsigned int UINT32, *PUINT32, ULONG32, *PULONG32;
typedef long long INT64, *PINT64, LONG64, *PLONG64;
typedef unsigned long long UINT64, *PUINT64, ULONG64, *PULONG64;

#define __int8			char
#define __int16			short
#define __int32			int
#ifndef __int64
#define __int64			NTPOOL_WORDS(long long)
#endif

/* As wide as a pointer. On 32 bit Linux uses other base types for that width. */
typedef __INTPTR_TYPE__ LONG_PTR, *PLONG_PTR, INT_PTR, *PINT_PTR;
typedef __UINTPTR_TYPE__ ULONG_PTR, *PULONG_PTR, UINT_PTR, *PUINT_PTR;
typedef __SIZE_TYPE__ SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;
typedef ULONG_PTR PFN_NUMBER, *PPFN_NUMBER;

/* 16 bits: kernel code is compiled with -fshort-wchar, so L"text" matches. */
typedef unsigned short WCHAR, *PWCHAR, *PWCH, *PWSTR, *LPWSTR;
typedef const unsigned short *PCWCH, *PCWSTR, *LPCWSTR;

/* sparse has no such option. */
#ifndef __CHECKER__
_Static_assert(sizeof(WCHAR) == 2 && sizeof(L' ') == sizeof(WCHAR),
	       "NT's wide characters need -fshort-wchar");
#endif

typedef UCHAR BOOLEAN, *PBOOLEAN;
typedef ULONG LOGICAL, *PLOGICAL;
typedef LONG NTSTATUS, *PNTSTATUS;

#define __TEXT(Literal)		NTPOOL_GLUE(L, Literal)
#define TEXT(Literal)		__TEXT(Literal)

/**
 * union _LARGE_INTEGER - a signed 64-bit number, whole or in halves
 * @LowPart: bits 0 to 31
 * @HighPart: bits 32 to 63
 * @u: the same halves as a named field
 * @QuadPart: the number
 */
typedef union _LARGE_INTEGER {
	struct {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		LONG HighPart;
		ULONG LowPart;
#else
		ULONG LowPart;
		LONG HighPart;
#endif
	};
	struct {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		LONG HighPart;
		ULONG LowPart;
#else
		ULONG LowPart;
		LONG HighPart;
#endif
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

/* A physical address. */
typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

/* An initialiser for a LARGE_INTEGER. */
#define RTL_CONSTANT_LARGE_INTEGER(Number)	{ .QuadPart = (Number) }

/**
 * union _ULARGE_INTEGER - an unsigned 64-bit number, whole or in halves
 * @LowPart: bits 0 to 31
 * @HighPart: bits 32 to 63
 * @u: the same halves as a named field
 * @QuadPart: the number
 */
typedef union _ULARGE_INTEGER {
	struct {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		ULONG HighPart;
		ULONG LowPart;
#else
		ULONG LowPart;
		ULONG HighPart;
#endif
	};
	struct {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		ULONG HighPart;
		ULONG LowPart;
#else
		ULONG LowPart;
		ULONG HighPart;
#endif
	} u;
	ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

/**
 * struct _LUID - a number that is unique until the machine restarts
 * @LowPart: bits 0 to 31
 * @HighPart: bits 32 to 63
 */
typedef struct _LUID {
	ULONG LowPart;
	LONG HighPart;
} LUID, *PLUID;

/**
 * struct _UNICODE_STRING - a counted string of 16-bit characters
 * @Length: bytes in use, without a terminator
 * @MaximumLength: bytes that @Buffer holds
 * @Buffer: the characters
 */
typedef struct _UNICODE_STRING {
	USHORT Length;
	USHORT MaximumLength;
	PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;

typedef const struct _UNICODE_STRING *PCUNICODE_STRING;

/**
 * struct _STRING - a counted string of 8-bit characters
 * @Length: bytes in use, without a terminator
 * @MaximumLength: bytes that @Buffer holds
 * @Buffer: the characters
 */
typedef struct _STRING {
	USHORT Length;
	USHORT MaximumLength;
	PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING;

typedef const struct _STRING *PCANSI_STRING, *PCOEM_STRING;

#define ANSI_NULL		((CHAR)0)
#define UNICODE_NULL		((WCHAR)0)
#define UNICODE_STRING_MAX_BYTES	((USHORT)65534)
#define UNICODE_STRING_MAX_CHARS	((USHORT)32767)

/* An initialiser for a counted string; the literal sets 16 or 8 bits. */
#define RTL_CONSTANT_STRING(Literal)					\
{									\
	sizeof(Literal) - sizeof((Literal)[0]), sizeof(Literal),	\
	(PVOID)(Literal)						\
}

/**
 * struct _GUID - a globally unique number
 * @Data1: bytes 0 to 3
 * @Data2: bytes 4 and 5
 * @Data3: bytes 6 and 7
 * @Data4: bytes 8 to 15
 */
typedef struct _GUID {
	ULONG Data1;
	USHORT Data2;
	USHORT Data3;
	UCHAR Data4[8];
} GUID, *PGUID;

typedef const struct _GUID *REFGUID, *LPCGUID;

#define IsEqualGUID(Left, Right) \
	(!__builtin_memcmp((Left), (Right), sizeof(GUID)))

/**
 * struct _LIST_ENTRY - head or member of a circular doubly linked list
 * @Flink: next member, or first one in a head
 * @Blink: previous member, or last one in a head
 */
typedef struct _LIST_ENTRY {
	struct _LIST_ENTRY *Flink;
	struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

/**
 * struct _SINGLE_LIST_ENTRY - head or member of a singly linked list
 * @Next: next member, or first one in a head; NULL at the end
 */
typedef struct _SINGLE_LIST_ENTRY {
	struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

/* Every pool block has this alignment. */
#ifdef __LP64__
#define MEMORY_ALLOCATION_ALIGNMENT	16
#else
#define MEMORY_ALLOCATION_ALIGNMENT	8
#endif

#define SYSTEM_CACHE_ALIGNMENT_SIZE	64

/*
 * Constants and small macros.
 */
#ifndef NULL
#define NULL			((void *)0)
#endif

#ifndef FALSE
enum { FALSE = 0 };
#endif

#ifndef TRUE
enum { TRUE = 1 };
#endif

#define MINCHAR			((CHAR)0x80)
#define MAXCHAR			((CHAR)0x7f)
#define MINSHORT		((SHORT)0x8000)
#define MAXSHORT		((SHORT)0x7fff)
#define MINLONG			((LONG)0x80000000U)
#define MAXLONG			((LONG)0x7fffffff)
#define MINLONGLONG		((LONGLONG)0x8000000000000000ULL)
#define MAXLONGLONG		((LONGLONG)0x7fffffffffffffffLL)
#define MAXUCHAR		((UCHAR)0xff)
#define MAXUSHORT		((USHORT)0xffff)
#define MAXULONG		((ULONG)0xffffffffU)
#define MAXULONGLONG		((ULONGLONG)0xffffffffffffffffULL)
#define MAXULONG32		MAXULONG
#define MAXULONG64		MAXULONGLONG
#define MAXLONG64		MAXLONGLONG
#define MAXUINT8		((UINT8)~(UINT8)0)
#define MAXUINT16		((UINT16)~(UINT16)0)
#define MAXUINT32		((UINT32)~(UINT32)0)
#define MAXUINT64		((UINT64)~(UINT64)0)
#define MAXINT32		MAXLONG
#define MAXINT64		MAXLONGLONG
#define MAXULONG_PTR		(~(ULONG_PTR)0)
#define MAXUINT_PTR		(~(UINT_PTR)0)
#define MAXLONG_PTR		((LONG_PTR)(MAXULONG_PTR >> 1))
#define MINLONG_PTR		(~MAXLONG_PTR)
#define MAXSIZE_T		(~(SIZE_T)0)
#define MAXSSIZE_T		MAXLONG_PTR
#define MINSSIZE_T		MINLONG_PTR

#define ANYSIZE_ARRAY		1

#define UNREFERENCED_PARAMETER(Parameter)	((void)(Parameter))
#define DBG_UNREFERENCED_PARAMETER(Parameter)	((void)(Parameter))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(Local)	((void)(Local))
#define ARGUMENT_PRESENT(Argument)		((Argument) != NULL)

/* The build fails if @Condition is false. */
#define C_ASSERT(Condition)	_Static_assert(Condition, #Condition)

/*
 * The compiler may rely on @Condition; 0: it is never reached. Kernels from 7.3 on have a statement
 * of that name, which means the same.
 */
#ifndef __assume
#define __assume(Condition)	((Condition) ? (void)0 : __builtin_unreachable())
#endif
#define __nop()			({ __asm__ __volatile__("nop"); })

#define Int32x32To64(Left, Right)	((LONGLONG)(LONG)(Left) * (LONG)(Right))
#define UInt32x32To64(Left, Right) \
	((ULONGLONG)(ULONG)(Left) * (ULONG)(Right))

/*
 * Layout of types. All results are constants.
 */
#define FIELD_OFFSET(Type, Field)	((LONG)__builtin_offsetof(Type, Field))
#define UFIELD_OFFSET(Type, Field)	((ULONG)__builtin_offsetof(Type, Field))
#define TYPE_ALIGNMENT(Type)		((LONG)__alignof__(Type))

#define RTL_NUMBER_OF(Array)		(sizeof(Array) / sizeof((Array)[0]))
#define RTL_NUMBER_OF_V1(Array)		RTL_NUMBER_OF(Array)
#define RTL_NUMBER_OF_V2(Array)		RTL_NUMBER_OF(Array)
#define ARRAYSIZE(Array)		RTL_NUMBER_OF(Array)
#define _countof(Array)			RTL_NUMBER_OF(Array)

#define RTL_FIELD_TYPE(Type, Field)	(((Type *)0)->Field)
#define RTL_FIELD_SIZE(Type, Field)	sizeof(((Type *)0)->Field)
#define RTL_NUMBER_OF_FIELD(Type, Field) \
	RTL_NUMBER_OF(RTL_FIELD_TYPE(Type, Field))

/**
 * RTL_SIZEOF_THROUGH_FIELD() - size of the part of a structure up to a field
 * @Type: type of the structure
 * @Field: name of the last field that counts
 *
 * Return: bytes from the start of @Type to the end of @Field.
 */
#define RTL_SIZEOF_THROUGH_FIELD(Type, Field) \
	(__builtin_offsetof(Type, Field) + RTL_FIELD_SIZE(Type, Field))

/**
 * RTL_CONTAINS_FIELD() - whether a truncated structure has a whole field
 * @Struct: pointer to the structure
 * @Size: valid bytes of the structure
 * @Field: name of the field
 *
 * Return: non-zero if the field is whole.
 */
#define RTL_CONTAINS_FIELD(Struct, Size, Field) \
	((PCHAR)(&(Struct)->Field) + sizeof((Struct)->Field) <= \
	 (PCHAR)(Struct) + (Size))

#define RTL_PADDING_BETWEEN_FIELDS(Type, First, Second)			\
	((__builtin_offsetof(Type, Second) >				\
	  __builtin_offsetof(Type, First)) ?				\
	 (__builtin_offsetof(Type, Second) -				\
	  RTL_SIZEOF_THROUGH_FIELD(Type, First)) :			\
	 (__builtin_offsetof(Type, First) -				\
	  RTL_SIZEOF_THROUGH_FIELD(Type, Second)))

/*
 * Addresses.
 */
#define Add2Ptr(Pointer, Bytes)		((PVOID)((PUCHAR)(Pointer) + (Bytes)))
#define PtrOffset(Base, Pointer) \
	((ULONG)((ULONG_PTR)(Pointer) - (ULONG_PTR)(Base)))

/* @Offset and the result of RtlPointerToOffset() are in bytes. */
#define RtlOffsetToPointer(Base, Offset) \
	((PCHAR)((PCHAR)(Base) + (ULONG_PTR)(Offset)))
#define RtlPointerToOffset(Base, Pointer) \
	((ULONG)((PCHAR)(Pointer) - (PCHAR)(Base)))

/* @Alignment is a power of two. */
#define ALIGN_DOWN_BY(Length, Alignment) \
	((ULONG_PTR)(Length) & ~((ULONG_PTR)(Alignment) - 1))
#define ALIGN_UP_BY(Length, Alignment) \
	ALIGN_DOWN_BY((ULONG_PTR)(Length) + (Alignment) - 1, Alignment)
#define ALIGN_DOWN_POINTER_BY(Address, Alignment) \
	((PVOID)ALIGN_DOWN_BY(Address, Alignment))
#define ALIGN_UP_POINTER_BY(Address, Alignment) \
	((PVOID)ALIGN_UP_BY(Address, Alignment))
#define ROUND_TO_SIZE(Length, Alignment)	ALIGN_UP_BY(Length, Alignment)

/* The alignment is the size of @Type. */
#define ALIGN_UP(Length, Type)		ALIGN_UP_BY(Length, sizeof(Type))
#define ALIGN_DOWN_POINTER(Address, Type)	ALIGN_DOWN_POINTER_BY(Address, sizeof(Type))
#define ALIGN_UP_POINTER(Address, Type)	ALIGN_UP_POINTER_BY(Address, sizeof(Type))

/**
 * CONTAINING_RECORD() - the structure that contains a member
 * @Address: address of the member
 * @Type: type of the structure
 * @Field: name of the member
 *
 * Return: the address of the structure.
 */
#define CONTAINING_RECORD(Address, Type, Field) \
	((Type *)((PCHAR)(Address) - __builtin_offsetof(Type, Field)))

/*
 * Pages. The kernel's configuration fixes their size. It is on the compiler's command
 * line, so no header is needed for it.
 */
#ifndef PAGE_SHIFT
#if defined(CONFIG_PAGE_SHIFT)
enum { PAGE_SHIFT = CONFIG_PAGE_SHIFT };
#elif defined(CONFIG_ARM64_PAGE_SHIFT)
enum { PAGE_SHIFT = CONFIG_ARM64_PAGE_SHIFT };
#else
enum { PAGE_SHIFT = 12 };
#endif
#endif

#ifndef PAGE_SIZE
enum { PAGE_SIZE = 1 << PAGE_SHIFT };
#endif

/**
 * ROUND_TO_PAGES() - round a size up to whole pages
 * @Size: bytes, at most one page below the largest number
 *
 * Return: bytes, a multiple of PAGE_SIZE.
 */
#define ROUND_TO_PAGES(Size) \
	(((ULONG_PTR)(Size) + PAGE_SIZE - 1) & ~((ULONG_PTR)PAGE_SIZE - 1))

/* A type that holds any size plus a page. */
#ifdef __LP64__
typedef unsigned __int128 NTPOOL_WIDE;
#else
typedef ULONGLONG NTPOOL_WIDE;
#endif

/**
 * BYTES_TO_PAGES() - how many pages a size takes
 * @Size: bytes; no value overflows
 *
 * Return: number of pages.
 */
#define BYTES_TO_PAGES(Size) \
	((ULONG_PTR)(((NTPOOL_WIDE)(ULONG_PTR)(Size) + PAGE_SIZE - 1) >> \
		     PAGE_SHIFT))

/**
 * BYTE_OFFSET() - distance of an address from the start of its page
 * @Va: any address
 *
 * Return: bytes, below PAGE_SIZE.
 */
#define BYTE_OFFSET(Va)		((ULONG)((ULONG_PTR)(Va) & (PAGE_SIZE - 1)))

/**
 * ADDRESS_AND_SIZE_TO_SPAN_PAGES() - how many pages a range touches
 * @Va: first address
 * @Size: bytes
 *
 * Return: number of pages.
 */
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(Va, Size) \
	((ULONG)BYTES_TO_PAGES(BYTE_OFFSET(Va) + (SIZE_T)(Size)))

#define COMPUTE_PAGES_SPANNED(Va, Size)	ADDRESS_AND_SIZE_TO_SPAN_PAGES(Va, Size)

/*
 * Names that have another meaning in Linux's headers, see the top of the file.
 */
#ifdef NTPOOL_PURE_NT
#include "stdbool.h"

#define min(Left, Right)	(((Left) < (Right)) ? (Left) : (Right))
#define max(Left, Right)	(((Left) > (Right)) ? (Left) : (Right))
#define ALIGN_DOWN(Length, Type)	ALIGN_DOWN_BY(Length, sizeof(Type))
#define PAGE_ALIGN(Va) \
	((PVOID)((ULONG_PTR)(Va) & ~((ULONG_PTR)PAGE_SIZE - 1)))
#endif

#include "ntstatus.h"

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NT's basic types, status values, annotations and small macros.
 *
 * These headers depend on the compiler alone. A driver's file may include them
 * and nothing else, or mix them with Linux headers in either order, so:
 *
 *  - a name that Linux defines as a macro is an enumerator here, which a later
 *    #define shadows without a complaint (PAGE_SIZE, PAGE_SHIFT, TRUE, FALSE);
 *    #if cannot see such a name;
 *  - a name that means something else in Linux is left out: PAGE_ALIGN (NT rounds
 *    down, Linux up), min, max, and the old annotations __in and __out (labels
 *    in Linux macros; _In_ and _Out_ are here).
 *
 * LONG and ULONG are 32 bits wide everywhere, as on NT; a pointer fits ULONG_PTR.
 */
#ifndef NTPOOL_NTDEF_H
#define NTPOOL_NTDEF_H

/*
 * What the compiler is told about a routine or a type. One spelling for all of
 * them: Linux's short forms (__aligned and its like) are not ours to define.
 */
#define NTPOOL_ATTR(...)	__attribute__((__VA_ARGS__))

#define DECLSPEC_ALIGN(Bytes)	NTPOOL_ATTR(__aligned__(Bytes))
#define DECLSPEC_NORETURN	NTPOOL_ATTR(__noreturn__)
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT

/* NT's calling conventions: there is one on Linux. */
#define NTAPI
#define FASTCALL
#define NTSYSAPI
#define NTKERNELAPI

/* Several words that belong together, as one. */
#define NTPOOL_WORDS(...)	__VA_ARGS__

/* NT sources write it alone, in headers too: in C that needs "static". */
#define FORCEINLINE \
	NTPOOL_WORDS(static inline NTPOOL_ATTR(__always_inline__))

/*
 * Annotations. They are read by people and by NT's own analyser.
 */
#define IN
#define OUT
#define OPTIONAL
#define CONST			const
#define UNALIGNED

#define _In_
#define _In_opt_
#define _In_z_
#define _In_range_(...)
#define _In_reads_(...)
#define _In_reads_opt_(...)
#define _In_reads_bytes_(...)
#define _In_reads_bytes_opt_(...)
#define _Out_
#define _Out_opt_
#define _Out_writes_(...)
#define _Out_writes_opt_(...)
#define _Out_writes_all_(...)
#define _Out_writes_bytes_(...)
#define _Out_writes_bytes_opt_(...)
#define _Out_writes_bytes_all_(...)
#define _Out_writes_bytes_to_(...)
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Outptr_result_bytebuffer_(...)
#define _Inout_
#define _Inout_opt_
#define _Inout_updates_(...)
#define _Inout_updates_bytes_(...)
#define _Reserved_
#define _Const_
#define _Field_size_(...)
#define _Field_size_bytes_(...)
#define _Interlocked_operand_
#define _Guarded_by_(...)
#define _Points_to_data_

#define _Ret_maybenull_
#define _Ret_notnull_
#define _Ret_range_(...)
#define _Post_writable_byte_size_(...)
#define _Post_maybenull_
#define _Post_ptr_invalid_
#define _Post_invalid_
#define _Pre_notnull_
#define _Pre_maybenull_
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define _Must_inspect_result_
#define _Check_return_
#define _Success_(...)
#define _When_(...)
#define _At_(...)
#define _Function_class_(...)
#define _Use_decl_annotations_
#define _Analysis_assume_(...)
#define _Dispatch_type_(...)

#define _IRQL_requires_(...)
#define _IRQL_requires_max_(...)
#define _IRQL_requires_min_(...)
#define _IRQL_requires_same_
#define _IRQL_always_function_max_(...)
#define _IRQL_always_function_min_(...)
#define _IRQL_raises_(...)
#define _IRQL_saves_
#define _IRQL_restores_
#define _IRQL_saves_global_(...)
#define _IRQL_restores_global_(...)
#define _Acquires_lock_(...)
#define _Releases_lock_(...)
#define _Requires_lock_held_(...)
#define _Requires_lock_not_held_(...)

#define __drv_allocatesMem(...)
#define __drv_freesMem(...)
#define __drv_aliasesMem
#define __drv_strictTypeMatch(...)
#define __drv_strictType(...)

/*
 * Types.
 */
#define VOID			void

typedef void *PVOID;
typedef const void *PCVOID;
typedef void *HANDLE, **PHANDLE;

typedef char CHAR, CCHAR, *PCHAR, *PSTR;
typedef const char *PCSTR;
typedef signed char SCHAR, *PSCHAR;
typedef unsigned char UCHAR, *PUCHAR;
typedef short SHORT, CSHORT, *PSHORT;
typedef unsigned short USHORT, *PUSHORT;
typedef int INT, *PINT;
typedef unsigned int UINT, *PUINT;
typedef int LONG, *PLONG;
typedef unsigned int ULONG, *PULONG;
typedef long long LONGLONG, LONG64, *PLONGLONG, *PLONG64;
typedef unsigned long long ULONGLONG, ULONG64, *PULONGLONG, *PULONG64;

typedef __INTPTR_TYPE__ LONG_PTR, *PLONG_PTR;
typedef __UINTPTR_TYPE__ ULONG_PTR, *PULONG_PTR;
typedef __SIZE_TYPE__ SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;

/* 16 bits: kernel code is compiled with -fshort-wchar, so L"text" matches. */
typedef unsigned short WCHAR, *PWCHAR, *PWSTR;
typedef const unsigned short *PCWSTR;

typedef UCHAR BOOLEAN, *PBOOLEAN;
typedef ULONG LOGICAL, *PLOGICAL;
typedef LONG NTSTATUS, *PNTSTATUS;

/**
 * union _LARGE_INTEGER - a signed 64-bit number, whole or in halves
 * @LowPart: bits 0 to 31
 * @HighPart: bits 32 to 63
 * @u: the same halves under a name
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

/**
 * struct _UNICODE_STRING - a counted string
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

#define MAXUCHAR		0xff
#define MAXUSHORT		0xffff
#define MAXULONG		0xffffffffU
#define MAXLONG			0x7fffffff
#define MAXULONG_PTR		(~(ULONG_PTR)0)

#define ANYSIZE_ARRAY		1

#define UNREFERENCED_PARAMETER(Parameter)	((void)(Parameter))
#define ARGUMENT_PRESENT(Argument)		((Argument) != NULL)

#define FIELD_OFFSET(Type, Field)	((LONG)__builtin_offsetof(Type, Field))
#define RTL_NUMBER_OF(Array)		(sizeof(Array) / sizeof((Array)[0]))

/**
 * CONTAINING_RECORD() - the structure that a member belongs to
 * @Address: address of the member
 * @Type: type of the structure
 * @Field: name of the member
 *
 * Return: the address of the structure.
 */
#define CONTAINING_RECORD(Address, Type, Field) \
	((Type *)((PCHAR)(Address) - __builtin_offsetof(Type, Field)))

/*
 * Pages. Linux fixes their size per kernel; its configuration is on the compiler's
 * command line, no header is needed to see it.
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

/* Holds any size and a page. */
#ifdef __LP64__
typedef unsigned __int128 NTPOOL_WIDE;
#else
typedef ULONGLONG NTPOOL_WIDE;
#endif

/**
 * BYTES_TO_PAGES() - how many pages a size takes
 * @Size: bytes; the largest number too, nothing overflows
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

/*
 * Status values: bit 31 set means failure.
 */
#define STATUS_SUCCESS			((NTSTATUS)0x00000000U)
#define STATUS_UNSUCCESSFUL		((NTSTATUS)0xC0000001U)
#define STATUS_INFO_LENGTH_MISMATCH	((NTSTATUS)0xC0000004U)
#define STATUS_INVALID_PARAMETER	((NTSTATUS)0xC000000DU)
#define STATUS_QUOTA_EXCEEDED		((NTSTATUS)0xC0000044U)
#define STATUS_INSUFFICIENT_RESOURCES	((NTSTATUS)0xC000009AU)
#define STATUS_NOT_SUPPORTED		((NTSTATUS)0xC00000BBU)
#define STATUS_INVALID_PARAMETER_1	((NTSTATUS)0xC00000EFU)
#define STATUS_INVALID_PARAMETER_2	((NTSTATUS)0xC00000F0U)
#define STATUS_INVALID_PARAMETER_4	((NTSTATUS)0xC00000F2U)
#define STATUS_INVALID_PARAMETER_5	((NTSTATUS)0xC00000F3U)

/**
 * NT_SUCCESS() - whether a status means success
 * @Status: an NTSTATUS
 *
 * Return: non-zero for success and informational values.
 */
#define NT_SUCCESS(Status)	((NTSTATUS)(Status) >= 0)

#endif

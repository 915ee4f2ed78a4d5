/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file system of port_fs.c, for the suite that drives it.
 *
 * Of a volume, contexts may be created and deleted by anybody at any time up to
 * DISPATCH_LEVEL; for all else the caller holds the volume alone, below it.
 */
#ifndef PORT_FS_H
#define PORT_FS_H

#include <ntifs.h>

/* As the tags are printed: PfsV, PfsZ, PfsI, PfsM, PfsF, PfsN, PfsC, PfsB, PfsT. */
#define PFS_TAG_VOLUME		('VsfP')
#define PFS_TAG_SEGMENT		('ZsfP')
#define PFS_TAG_CONTEXT		('IsfP')
#define PFS_TAG_MAP		('MsfP')
#define PFS_TAG_FCB		('FsfP')
#define PFS_TAG_NAME		('NsfP')
#define PFS_TAG_CACHE		('CsfP')
#define PFS_TAG_BITMAP		('BsfP')
#define PFS_TAG_TEST		('TsfP')

/* Clusters of a file are numbered from 0; a map ends before this one. */
#define PFS_VCN_LIMIT		0x80000000U

/* The zone has this many segments at most, each with as many contexts. */
#define PFS_SEGMENTS		3
#define PFS_SEGMENT_CONTEXTS	4

#define PFS_BUCKETS		8
#define PFS_CACHED_NAMES	12

/* Length clusters of a file from Vcn on are those of the volume from Lcn on. */
typedef struct _PFS_RUN {
	ULONG Vcn;
	ULONG Lcn;
	ULONG Length;
} PFS_RUN, *PPFS_RUN;

/* Sorted by Vcn; no two runs overlap, and two that could be one are one. */
typedef struct _PFS_MAP {
	PPFS_RUN Runs;
	ULONG Count;
	ULONG Limit;			/* runs that there is memory for */
} PFS_MAP, *PPFS_MAP;

typedef struct _PFS_IRP_CONTEXT {
	LIST_ENTRY WorkLinks;
	struct _PFS_VOLUME *Volume;
	LONG State;
	ULONG Flags;
	ULONG MajorFunction;
	LONG Operation;			/* no two contexts have the same */
} DECLSPEC_ALIGN(8) PFS_IRP_CONTEXT, *PPFS_IRP_CONTEXT;

typedef struct _PFS_FCB {
	LIST_ENTRY VolumeLinks;
	struct _PFS_VOLUME *Volume;
	LONG OpenCount;
	ULONG Clusters;
	PFS_MAP Map;
	STRING Name;
} PFS_FCB, *PPFS_FCB;

typedef struct _PFS_STATISTICS {
	LONG Operations;
	LONG ContextsLive;
	LONG FromZone;			/* contexts, as FromPool */
	LONG FromPool;
	LONG Extensions;
	LONG Conflicts;			/* contexts that were deleted twice */
	LONG NameHits;
	LONG NameMisses;
	LONG NamesEvicted;
} PFS_STATISTICS, *PPFS_STATISTICS;

typedef struct _PFS_VOLUME {
	PAGED_LOOKASIDE_LIST FcbList;

	KSPIN_LOCK ZoneLock;
	ZONE_HEADER Zone;		/* ZoneLock */
	PVOID Segments[PFS_SEGMENTS];

	ULONG Clusters;
	ULONG FreeClusters;
	ULONG Hint;
	PULONG Bitmap;

	LIST_ENTRY Fcbs;
	LIST_ENTRY Buckets[PFS_BUCKETS];
	LIST_ENTRY Recent;		/* cached names, the last used first */
	ULONG Names;

	PFS_STATISTICS Statistics;
} PFS_VOLUME, *PPFS_VOLUME;

VOID PfsInitializeMap(_Out_ PPFS_MAP Map);
VOID PfsUninitializeMap(_Inout_ PPFS_MAP Map);
NTSTATUS PfsAddRun(_Inout_ PPFS_MAP Map, _In_ ULONG Vcn, _In_ ULONG Lcn, _In_ ULONG Length);
NTSTATUS PfsRemoveRun(_Inout_ PPFS_MAP Map, _In_ ULONG Vcn, _In_ ULONG Length);
VOID PfsTruncateMap(_Inout_ PPFS_MAP Map, _In_ ULONG Vcn);
BOOLEAN PfsLookupRun(_In_ PPFS_MAP Map, _In_ ULONG Vcn, _Out_ PULONG Lcn, _Out_ PULONG Length);
BOOLEAN PfsMapIsSound(_In_ PPFS_MAP Map);
NTSTATUS PfsExerciseMap(_In_ ULONG Seed, _In_ ULONG Steps, _Out_ PULONG LongestMap);

NTSTATUS PfsMount(_In_ ULONG Clusters, _Outptr_result_nullonfailure_ struct _PFS_VOLUME **Volume);
VOID PfsDismount(_In_ PPFS_VOLUME Volume);
NTSTATUS PfsVolumeIsSound(_In_ PPFS_VOLUME Volume);

PPFS_IRP_CONTEXT PfsCreateIrpContext(_In_ PPFS_VOLUME Volume, _In_ ULONG MajorFunction);
VOID PfsDeleteIrpContext(_In_ PPFS_IRP_CONTEXT IrpContext);

NTSTATUS PfsCreate(_In_ PPFS_VOLUME Volume, _In_z_ PCSZ Name,
		   _Outptr_result_nullonfailure_ struct _PFS_FCB **Fcb);
VOID PfsClose(_In_ PPFS_FCB Fcb);
NTSTATUS PfsSetAllocation(_In_ PPFS_FCB Fcb, _In_ ULONG Clusters);
NTSTATUS PfsDelete(_In_ PPFS_VOLUME Volume, _In_z_ PCSZ Name);

#endif

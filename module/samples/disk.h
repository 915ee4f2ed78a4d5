/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam of the demo driver: disk_nt.c (NT headers only) implements these
 * routines, disk_blk.c (Linux headers only) calls them. Plain C types alone
 * appear here, so that neither side sees the other's names.
 *
 * There is one disk. ntdisk_create() comes first and ntdisk_delete() last, with
 * no I/O in progress. Several threads may call the other routines at once. All
 * routines may sleep, except ntdisk_usage(). Offsets and lengths are bytes and
 * need no alignment; a transfer is not atomic against others beyond one disk
 * block.
 */
#ifndef NTPOOL_SAMPLES_DISK_H
#define NTPOOL_SAMPLES_DISK_H

/**
 * enum ntdisk_result - what an NTSTATUS means to the other side of the seam
 * @NTDISK_OK: done
 * @NTDISK_NO_MEMORY: no memory; the data written so far stay written
 * @NTDISK_BAD_RANGE: beyond the end of the disk; nothing was done
 * @NTDISK_ERROR: any other failure
 */
enum ntdisk_result {
	NTDISK_OK,
	NTDISK_NO_MEMORY,
	NTDISK_BAD_RANGE,
	NTDISK_ERROR,
};

/**
 * struct ntdisk_usage - memory that the disk holds
 * @blocks: disk blocks that were written and not discarded since
 * @nodes: index nodes in the tree
 */
struct ntdisk_usage {
	unsigned long long blocks;
	unsigned long long nodes;
};

/* One I/O; what it points to is known to disk_nt.c alone. */
struct ntdisk_io;

enum ntdisk_result ntdisk_create(unsigned long long bytes);
void ntdisk_delete(void);
void ntdisk_usage(struct ntdisk_usage *usage);

/* Every I/O is one begin, any number of transfers, and one end, or one forget, which leaks. */
enum ntdisk_result ntdisk_begin(struct ntdisk_io **io);
enum ntdisk_result ntdisk_read(struct ntdisk_io *io, unsigned long long offset,
			       void *buffer, unsigned int length);
enum ntdisk_result ntdisk_write(struct ntdisk_io *io, unsigned long long offset,
				const void *buffer, unsigned int length);
enum ntdisk_result ntdisk_zero(struct ntdisk_io *io, unsigned long long offset,
			       unsigned long long length);
void ntdisk_end(struct ntdisk_io *io);
void ntdisk_forget(struct ntdisk_io *io);

#endif /* NTPOOL_SAMPLES_DISK_H */

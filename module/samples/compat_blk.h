/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The block layer's differences between kernels, for disk_blk.c. compat.h tests for
 * the features.
 *
 * Since 6.9, blk_alloc_disk() gets the limits of a disk and returns an error
 * pointer. Before, it returned NULL on failure, and setters changed the limits
 * of an allocated disk. Since 6.11, queue flags are features in the limits, and
 * a disk does not rotate by default.
 */
#ifndef NTPOOL_SAMPLES_COMPAT_BLK_H
#define NTPOOL_SAMPLES_COMPAT_BLK_H

#include <linux/blkdev.h>
#include <linux/err.h>

#include "../base/compat.h"

#if !NTPOOL_DISK_TAKES_LIMITS
static inline struct gendisk *compat_blk_raw_disk(unsigned int block_bytes)
{
	struct gendisk *disk = blk_alloc_disk(NUMA_NO_NODE);

	if (!disk)
		return ERR_PTR(-ENOMEM);
	blk_queue_logical_block_size(disk->queue, SECTOR_SIZE);
	blk_queue_physical_block_size(disk->queue, block_bytes);
	blk_queue_io_min(disk->queue, block_bytes);
	blk_queue_max_discard_sectors(disk->queue, UINT_MAX >> SECTOR_SHIFT);
	blk_queue_max_write_zeroes_sectors(disk->queue, UINT_MAX >> SECTOR_SHIFT);
	disk->queue->limits.discard_granularity = block_bytes;
	return disk;
}
#else
static inline struct gendisk *compat_blk_raw_disk(unsigned int block_bytes)
{
	struct queue_limits limits = {
		.logical_block_size = SECTOR_SIZE,
		.physical_block_size = block_bytes,
		.io_min = block_bytes,
		.discard_granularity = block_bytes,
		.max_hw_discard_sectors = UINT_MAX >> SECTOR_SHIFT,
		.max_write_zeroes_sectors = UINT_MAX >> SECTOR_SHIFT,
#ifdef BLK_FEAT_SYNCHRONOUS
		.features = BLK_FEAT_SYNCHRONOUS,
#endif
	};

	return blk_alloc_disk(&limits, NUMA_NO_NODE);
}
#endif

/**
 * compat_blk_alloc_disk - a bio-based disk in memory, not yet added
 * @block_bytes: size of a block of the medium; sectors are 512 bytes
 *
 * Discards and zeroing are supported in any length that a bio can have.
 *
 * Context: may sleep.
 * Return: the disk, to be dropped with put_disk(), or an error pointer.
 */
static inline struct gendisk *compat_blk_alloc_disk(unsigned int block_bytes)
{
	struct gendisk *disk = compat_blk_raw_disk(block_bytes);

#ifndef BLK_FEAT_SYNCHRONOUS
	if (!IS_ERR(disk))
		blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
#endif
	return disk;
}

#endif /* NTPOOL_SAMPLES_COMPAT_BLK_H */

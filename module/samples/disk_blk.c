// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/ntpool0: the disk of disk_nt.c on the block layer.
 *
 * The driver is bio based: the thread that submits a bio executes it, and the
 * bio has ended when submit_bio returns. This file holds no lock. disk_nt.c
 * takes its own locks and allocates in the context of the submitter. ntpool
 * allocates there without starting I/O of its own.
 *
 * Sectors are 512 bytes and a block of the medium is 4 KiB. A request for a
 * part of a block is legal but slower. There is no write cache: a flush does
 * nothing, and every write counts as FUA. Zeroing frees whole blocks even if
 * REQ_NOUNMAP asks to keep their space. The disk takes memory on the first
 * write and cannot reserve it.
 *
 * While the device is open or mounted the block layer holds a reference to the
 * module. The reference keeps the module from being unloaded.
 *
 * /sys/block/ntpool0/ntpool/ shows what the disk holds: blocks and index_nodes.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "compat_blk.h"
#include "disk.h"

enum {
	DISK_BLOCK_BYTES = SZ_4K,
	DISK_SIZE_MB_MAX = 65536,
	/* Zeroing gives way to other tasks after so many bytes. */
	DISK_ZERO_BYTES = SZ_1M,
};

static unsigned int size_mb = 192;

static int disk_set_size_mb(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 1, DISK_SIZE_MB_MAX);
}

static const struct kernel_param_ops disk_size_mb_ops = {
	.set = disk_set_size_mb,
	.get = param_get_uint,
};

module_param_cb(size_mb, &disk_size_mb_ops, &size_mb, 0444);
MODULE_PARM_DESC(size_mb, "capacity of /dev/ntpool0 in MiB, 1 to 65536 (default 192)");

static unsigned int leak;
module_param(leak, uint, 0444);
MODULE_PARM_DESC(leak, "forget the context of each so many I/Os; 0: of none (default)");

static atomic_t disk_ended = ATOMIC_INIT(0);	/* I/Os, with a leak */

static struct gendisk *disk_gendisk;

static blk_status_t disk_blk_status(enum ntdisk_result result)
{
	switch (result) {
	case NTDISK_OK:
		return BLK_STS_OK;
	case NTDISK_NO_MEMORY:
		return BLK_STS_RESOURCE;
	case NTDISK_BAD_RANGE:
	case NTDISK_ERROR:
		break;
	}
	return BLK_STS_IOERR;
}

/* A mapped page may be slept on: taking memory for a write can reclaim. */
static enum ntdisk_result disk_transfer_segment(struct ntdisk_io *io, struct bio_vec *bv,
						u64 offset, bool write)
{
	enum ntdisk_result result;
	void *buffer = bvec_kmap_local(bv);

	if (write) {
		flush_dcache_page(bv->bv_page);
		result = ntdisk_write(io, offset, buffer, bv->bv_len);
	} else {
		result = ntdisk_read(io, offset, buffer, bv->bv_len);
		flush_dcache_page(bv->bv_page);
	}
	kunmap_local(buffer);
	return result;
}

static enum ntdisk_result disk_transfer(struct ntdisk_io *io, struct bio *bio)
{
	u64 offset = (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT;
	enum ntdisk_result result = NTDISK_OK;
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		result = disk_transfer_segment(io, &bv, offset, op_is_write(bio_op(bio)));
		if (result != NTDISK_OK)
			break;
		offset += bv.bv_len;
	}
	return result;
}

static enum ntdisk_result disk_zero(struct ntdisk_io *io, struct bio *bio)
{
	u64 offset = (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT;
	u64 end = offset + bio->bi_iter.bi_size;
	enum ntdisk_result result = NTDISK_OK;

	while (offset < end && result == NTDISK_OK) {
		u64 length = min_t(u64, end - offset, DISK_ZERO_BYTES);

		result = ntdisk_zero(io, offset, length);
		offset += length;
		cond_resched();
	}
	return result;
}

static void disk_end(struct ntdisk_io *io)
{
	if (leak && atomic_inc_return(&disk_ended) % leak == 0)
		ntdisk_forget(io);
	else
		ntdisk_end(io);
}

static blk_status_t disk_do_bio(struct bio *bio)
{
	enum ntdisk_result result;
	struct ntdisk_io *io;

	result = ntdisk_begin(&io);
	if (result != NTDISK_OK)
		return disk_blk_status(result);

	switch (bio_op(bio)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		result = disk_transfer(io, bio);
		break;
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		result = disk_zero(io, bio);
		break;
	default:	/* the block layer refuses what the limits do not offer */
		result = NTDISK_ERROR;
		break;
	}
	disk_end(io);
	return disk_blk_status(result);
}

static void disk_submit_bio(struct bio *bio)
{
	unsigned long start = bio_start_io_acct(bio);

	bio->bi_status = disk_do_bio(bio);
	bio_end_io_acct(bio, start);
	bio_endio(bio);
}

static const struct block_device_operations disk_ops = {
	.owner = THIS_MODULE,
	.submit_bio = disk_submit_bio,
};

static ssize_t blocks_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ntdisk_usage usage;

	ntdisk_usage(&usage);
	return sysfs_emit(buf, "%llu\n", usage.blocks);
}
static DEVICE_ATTR_RO(blocks);

static ssize_t index_nodes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ntdisk_usage usage;

	ntdisk_usage(&usage);
	return sysfs_emit(buf, "%llu\n", usage.nodes);
}
static DEVICE_ATTR_RO(index_nodes);

static struct attribute *disk_attrs[] = {
	&dev_attr_blocks.attr,
	&dev_attr_index_nodes.attr,
	NULL
};

static const struct attribute_group disk_group = {
	.name = "ntpool",
	.attrs = disk_attrs,
};

static const struct attribute_group *disk_groups[] = {
	&disk_group,
	NULL
};

/* Adding a disk reads it for partitions, so all must be in place before. */
static int disk_add(void)
{
	struct gendisk *disk = compat_blk_alloc_disk(DISK_BLOCK_BYTES);
	int ret;

	if (IS_ERR(disk))
		return PTR_ERR(disk);
	strscpy(disk->disk_name, "ntpool0", sizeof(disk->disk_name));
	disk->fops = &disk_ops;
	set_capacity(disk, (sector_t)size_mb << (20 - SECTOR_SHIFT));
	ret = device_add_disk(NULL, disk, disk_groups);
	if (ret) {
		put_disk(disk);
		return ret;
	}
	disk_gendisk = disk;
	return 0;
}

static int __init disk_init(void)
{
	enum ntdisk_result result = ntdisk_create((u64)size_mb << 20);
	int ret;

	if (result != NTDISK_OK)
		return blk_status_to_errno(disk_blk_status(result));
	ret = disk_add();
	if (ret)
		ntdisk_delete();
	return ret;
}
module_init(disk_init);

static void __exit disk_exit(void)
{
	del_gendisk(disk_gendisk);
	put_disk(disk_gendisk);
	ntdisk_delete();
}
module_exit(disk_exit);

MODULE_DESCRIPTION("RAM disk on NT memory services, a sample driver of ntpool");
MODULE_AUTHOR("The ntpool authors");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that allocates for processes. A process writes a number to /dev/nt_quota,
 * and is charged for a block of that size. The block belongs to the open file and is
 * freed with it. A number after a + is the size of a block that is kept until any
 * process writes `free`. If the pool refuses, the write fails with EDQUOT if a quota
 * was raised, else with ENOMEM.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <ntddk.h>

#define QUOTA_TAG	('atoQ')
#define KEPT_MOST	512

static DEFINE_MUTEX(kept_mutex);
static void *kept[KEPT_MOST];
static unsigned int nr_kept;
/* The last raised status; tests that read it use one process at a time. */
static NTSTATUS raised;

static VOID quota_raised(NTSTATUS Status)
{
	raised = Status;
}

static int quota_keep(void *block)
{
	int err = -ENOSPC;

	mutex_lock(&kept_mutex);
	if (nr_kept < KEPT_MOST) {
		kept[nr_kept++] = block;
		err = 0;
	}
	mutex_unlock(&kept_mutex);
	return err;
}

static void quota_free_kept(void)
{
	mutex_lock(&kept_mutex);
	while (nr_kept)
		ExFreePoolWithTag(kept[--nr_kept], QUOTA_TAG);
	mutex_unlock(&kept_mutex);
}

static int quota_alloc(struct file *file, const char *text)
{
	bool keep = *text == '+';
	unsigned int size;
	void *block;
	int err;

	if (kstrtouint(text, 0, &size))
		return -EINVAL;
	raised = STATUS_SUCCESS;
	block = ExAllocatePoolWithQuotaTag(NonPagedPool, size, QUOTA_TAG);
	if (!block)
		return raised == STATUS_QUOTA_EXCEEDED ? -EDQUOT : -ENOMEM;
	memset(block, 0x51, size);
	if (keep) {
		err = quota_keep(block);
	} else {
		block = xchg(&file->private_data, block);
		err = 0;
	}
	if (block && (err || !keep))
		ExFreePoolWithTag(block, QUOTA_TAG);
	return err;
}

static int quota_open(struct inode *inode, struct file *file)
{
	file->private_data = NULL;
	return 0;
}

static ssize_t quota_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	char text[16];
	int err = 0;

	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, size))
		return -EFAULT;
	text[size] = '\0';
	if (sysfs_streq(text, "free"))
		quota_free_kept();
	else
		err = quota_alloc(file, text);
	return err ?: size;
}

static int quota_release(struct inode *inode, struct file *file)
{
	if (file->private_data)
		ExFreePoolWithTag(file->private_data, QUOTA_TAG);
	return 0;
}

static const struct file_operations quota_ops = {
	.owner = THIS_MODULE,
	.open = quota_open,
	.write = quota_write,
	.release = quota_release,
};

static struct miscdevice quota_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "nt_quota",
	.fops = &quota_ops,
};

static int __init nt_quota_init(void)
{
	NtpoolSetRaiseHandler(quota_raised);
	return misc_register(&quota_device);
}

static void __exit nt_quota_exit(void)
{
	misc_deregister(&quota_device);
	quota_free_kept();
}

module_init(nt_quota_init);
module_exit(nt_quota_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ntpool scenario: a device whose users pay for what it allocates");

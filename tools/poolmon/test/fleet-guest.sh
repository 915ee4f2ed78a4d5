#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A machine of the fleet: the first script in the guest. A driver leaks, poolmon writes its
# metrics every two seconds, and node_exporter serves them on port 9100. Port 9101 has the
# files themselves. The machine ends when cgi-bin/end is read there.

WWW=/tmp/www

# argument NAME: of the kernel's command line
argument() { sed "s/.* nt_$1:\([^ ]*\).*/\1/" /proc/cmdline; }

end_page() {
	mkdir -p "$WWW/cgi-bin"
	printf '#!/bin/sh\ntouch /tmp/end\nprintf "Content-Type: text/plain\\n\\nends\\n"\n' \
		>"$WWW/cgi-bin/end"
	chmod +x "$WWW/cgi-bin/end"
}

set -e
while read -r module; do
	insmod "/modules/stock/$module"
done </modules/stock/order
ifconfig lo 127.0.0.1
ifconfig eth0 10.0.2.15
insmod /modules/ntpool.ko
insmod /modules/nt_hold.ko
# shellcheck disable=SC2046 # parameters of the module
insmod /modules/nt_grow.ko $(argument grow | tr , ' ')
end_page
poolmon --prometheus="$WWW/ntpool.prom" -d 2 &
poolmon --openmetrics="$WWW/ntpool.openmetrics" -d 10 &
httpd -h "$WWW" -p 9101
GOMAXPROCS=1 prometheus-node-exporter --collector.disable-defaults --collector.textfile \
	--collector.textfile.directory="$WWW" --web.disable-exporter-metrics \
	--web.listen-address=:9100 2>&1 &
until [ -e /tmp/end ]; do
	sleep 1
done

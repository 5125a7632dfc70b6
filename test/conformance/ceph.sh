#!/bin/sh
# A Ceph object gateway that others wrote, all in memory and on 127.0.0.1 alone, for the S3 adapter to be tried against.
# Debian: apt-get install --no-install-recommends radosgw ceph-mon ceph-mgr ceph-osd ceph-common
#   sh test/conformance/ceph.sh start FOLDER    FOLDER must not exist; it is told how to run the tests
#   sh test/conformance/ceph.sh stop FOLDER     and removes it
set -eu

action=$1
folder=$(realpath -m "$2")
export CEPH_CONF="$folder/ceph.conf"

if [ "$action" = stop ]; then
  for file in "$folder"/run/*.pid; do kill "$(cat "$file")"; done
  rm -rf "$folder"
  exit
fi

mkdir "$folder"
mkdir "$folder/mon" "$folder/mgr" "$folder/osd" "$folder/rgw" "$folder/run"
cd "$folder"
cluster=$(cat /proc/sys/kernel/random/uuid)
disk=$(cat /proc/sys/kernel/random/uuid)
cat > ceph.conf <<CONF
[global]
fsid = $cluster
mon host = [v2:127.0.0.1:3300,v1:127.0.0.1:6789]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
mon allow pool size one = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
mon data = $folder/mon
mgr data = $folder/mgr
osd data = $folder/osd
rgw data = $folder/rgw
keyring = $folder/keyring
log file = $folder/\$name.log
pid file = $folder/run/\$name.pid
admin socket = $folder/run/\$name.asok
rgw frontends = beast endpoint=127.0.0.1:7480 tcp_nodelay=1
CONF
ceph-authtool --create-keyring keyring --gen-key -n mon. --cap mon 'allow *'
for name in client.admin client.rgw osd.0 mgr.x; do
  ceph-authtool keyring --gen-key -n $name --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
done
monmaptool --create --addv a '[v2:127.0.0.1:3300,v1:127.0.0.1:6789]' --fsid "$cluster" monmap
ceph-mon --mkfs -i a --monmap monmap --keyring keyring
ceph-mon -i a
ceph auth import -i keyring
ceph-mgr -i x
ceph osd new "$disk"
ceph-osd -i 0 --mkfs --osd-uuid "$disk"
ceph-osd -i 0
ceph osd crush add osd.0 1 root=default host=localhost
radosgw-admin user create --uid=reelmill --display-name=reelmill --access-key=reelmill --secret-key=reelmill
radosgw -n client.rgw
until curl --silent --fail --output body.xml http://127.0.0.1:7480/; do sleep 1; done

# put PATH [BODY]
put() {
  hash=$(printf %s "${2-}" | sha256sum | cut -d ' ' -f 1)
  curl --silent --show-error --fail --aws-sigv4 aws:amz:us-east-1:s3 --user reelmill:reelmill \
    --header "x-amz-content-sha256: $hash" --request PUT ${2:+--data "$2"} "http://127.0.0.1:7480/$1"
}
put plain
put empty
put versioned
put 'versioned?versioning=' \
  '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>'

for bucket in plain:true:false versioned:false:true; do
  echo "$bucket" | {
    IFS=: read -r name conditions versions
    echo "REELMILL_TEST_S3='{\"endpoint\":\"http://127.0.0.1:7480\",\"bucket\":\"$name\",\"accessKeyId\":\"reelmill\",\"secretAccessKey\":\"reelmill\",\"expected\":{\"conditionalWrites\":$conditions,\"versions\":$versions}}' npx vitest run test/conformance/s3.test.ts test/conformance/s3-publisher.test.ts"
  }
done

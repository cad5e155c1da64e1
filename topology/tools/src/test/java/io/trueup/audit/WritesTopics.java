package io.trueup.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.audit.result.DivergentKey;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.ScanEvent;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.ScanMarkerKind;
import io.trueup.schema.WriteEvent;
import io.trueup.topic.Cluster;
import io.trueup.topic.GapCause;
import io.trueup.topic.OffsetRange;
import io.trueup.topic.ProgressCounter;
import io.trueup.topic.RecordSource;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** One partition of the writes topics of some replicas, in memory, and audits of it. */
final class WritesTopics {

    private static final SingleObjectCodec<SpecificRecord> CODEC = SingleObjectCodec.anyOf(
            List.of(WriteEvent.class, ScanEvent.class, ScanMarker.class, ProgressEvent.class), List.of());
    private static final Cluster CLUSTER = new Cluster(Map.of(), Map.of());

    private final Map<String, Topic> topics = new TreeMap<>();
    final ProgressCounter progress = new ProgressCounter();
    final Caveats caveats = new Caveats();
    long memoryBytes = 1 << 20;
    int maxHashes = 1_000;
    long settleMs;
    boolean keepValues;
    Settings.Resolution resolution = Settings.Resolution.LATEST;
    boolean compareValues;
    int readings;
    Consumer<Integer> beforeReading = number -> {};

    WritesTopics(String... replicas) {
        for (String replica : replicas) {
            topics.put(replica, new Topic(replica));
        }
    }

    Topic of(String replica) {
        return topics.get(replica);
    }

    /** Does the same with all topics. */
    void each(Consumer<Topic> what) {
        topics.values().forEach(what);
    }

    /** A writes topic. Records come one millisecond and one offset after the other, unless a test says otherwise. */
    static final class Topic {

        private String name;
        private final List<ConsumerRecord<ByteBuffer, ByteBuffer>> records = new ArrayList<>();
        private long start;
        private long next;
        private long end = -1;
        private long timeMs = 1;
        private GapCause gapCause = GapCause.COMPACTION;

        Topic(String replica) {
            name = "orders." + replica;
        }

        Topic gapCause(GapCause cause) {
            gapCause = cause;
            return this;
        }

        /** Another name; in another cluster, another replica's topic may have the same one. */
        Topic named(String topic) {
            name = topic;
            return this;
        }

        Topic startingAt(long offset) {
            start = offset;
            next = offset;
            return this;
        }

        /** Only what is below this offset is audited. */
        Topic upTo(long offset) {
            end = offset;
            return this;
        }

        /** Offsets without record. */
        Topic gap(int offsets) {
            next += offsets;
            return this;
        }

        Topic at(long ms) {
            timeMs = ms;
            return this;
        }

        Topic put(String key, long version) {
            return put(key, version, "value " + version);
        }

        Topic put(String key, long version, String value) {
            return add(
                    key.getBytes(UTF_8),
                    WriteEvent.newBuilder()
                            .setVersion(version)
                            .setPosition(1)
                            .setValue(ByteBuffer.wrap(value.getBytes(UTF_8)))
                            .build());
        }

        Topic expiring(String key, long version, long expiryMs) {
            return add(
                    key.getBytes(UTF_8),
                    WriteEvent.newBuilder()
                            .setVersion(version)
                            .setPosition(1)
                            .setValue(ByteBuffer.wrap(new byte[1]))
                            .setExpiry(expiryMs)
                            .build());
        }

        Topic delete(String key, long version) {
            return add(
                    key.getBytes(UTF_8),
                    WriteEvent.newBuilder()
                            .setVersion(version)
                            .setPosition(1)
                            .setDeleted(true)
                            .build());
        }

        Topic progress() {
            return add("progress".getBytes(UTF_8), new ProgressEvent(1L));
        }

        Topic scanStart(String scan) {
            return add("scan".getBytes(UTF_8), new ScanMarker(scan, ScanMarkerKind.START, -1L, 0L));
        }

        Topic row(String scan, long since, String key, long version) {
            return add(
                    key.getBytes(UTF_8),
                    ScanEvent.newBuilder()
                            .setScan(scan)
                            .setSince(since)
                            .setVersion(version)
                            .setPosition(1)
                            .setValue(ByteBuffer.wrap(("value " + version).getBytes(UTF_8)))
                            .build());
        }

        /** A row of which only scan and key can be read. */
        Topic malformedRow(String scan, long since, String key) {
            return add(
                    key.getBytes(UTF_8),
                    ScanEvent.newBuilder()
                            .setScan(scan)
                            .setSince(since)
                            .setVersion(1)
                            .setPosition(1)
                            .build());
        }

        Topic scanEnd(String scan, long since, long rows) {
            return add("scan".getBytes(UTF_8), new ScanMarker(scan, ScanMarkerKind.END, since, rows));
        }

        Topic unreadable() {
            return unreadable("key".getBytes(UTF_8));
        }

        Topic unreadable(byte[] key) {
            return add(key, new byte[] {1, 2, 3});
        }

        private Topic add(byte[] key, SpecificRecord event) {
            return add(key, CODEC.encode("", event));
        }

        private Topic add(byte[] key, byte[] value) {
            records.add(new ConsumerRecord<>(
                    name,
                    0,
                    next++,
                    timeMs++,
                    TimestampType.CREATE_TIME,
                    key.length,
                    value.length,
                    ByteBuffer.wrap(key),
                    ByteBuffer.wrap(value),
                    new RecordHeaders(),
                    Optional.empty()));
            return this;
        }

        private long end() {
            return end < 0 ? next : end;
        }

        private ReplicaSource source(String replica) {
            return new ReplicaSource(
                    new AuditedReplica(replica, name, "trueup", Optional.empty(), CLUSTER),
                    new OffsetRange(CLUSTER, new TopicPartition(name, 0), start, end()),
                    gapCause,
                    end() < next);
        }
    }

    /** Audits all records; no value has expired by then. */
    PartitionAudit latest() {
        return audit(new RecordBound(1_000_000, Long.MAX_VALUE, settleMs));
    }

    PartitionAudit asOf(long ms) {
        return audit(new RecordBound(ms, ms, settleMs));
    }

    PartitionAudit audit(RecordBound bound) {
        List<ReplicaSource> sources = topics.entrySet().stream()
                .map(topic -> topic.getValue().source(topic.getKey()))
                .toList();
        sources.forEach(source -> progress.expect(source.length()));
        PartitionAudit audit = new PartitionAudit(
                sources,
                0,
                settings(),
                RecordCodecs.embedded(),
                bound,
                key -> true,
                keepValues,
                memoryBytes,
                maxHashes,
                this::read,
                progress::expect,
                caveats);
        audit.compare();
        return audit;
    }

    /** As {@link io.trueup.topic.TopicReader} does it: a record whose sink failed is counted as passed. */
    private Map<Integer, Long> read(List<OffsetRange> ranges, RecordSource.Sink sink) {
        beforeReading.accept(readings++);
        int i = 0;
        for (Topic topic : topics.values()) {
            long at = topic.start;
            try {
                for (ConsumerRecord<ByteBuffer, ByteBuffer> record : topic.records) {
                    if (record.offset() < topic.end()) {
                        at = record.offset() + 1;
                        sink.accept(i, record);
                    }
                }
                at = topic.end();
            } finally {
                progress.passed(at - topic.start);
            }
            i++;
        }
        return Map.of();
    }

    private Settings settings() {
        List<String> replicas = List.copyOf(topics.keySet());
        return new Settings.Builder("test", replicas.get(0), replicas, "a secret of this test".getBytes(UTF_8))
                .segmentBits(4)
                .resolution(resolution)
                .compareValues(compareValues)
                .primary(replicas.get(0))
                .build();
    }

    /** The keys that differ, described. */
    List<DivergentKey> described(PartitionAudit audit) {
        List<DivergentKey> described = new ArrayList<>();
        audit.describe(audit.divergent(), described::add);
        return described;
    }
}

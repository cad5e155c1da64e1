package io.trueup.plan;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.topic.Cluster;
import io.trueup.topic.OffsetRange;
import io.trueup.topic.ProgressCounter;
import io.trueup.topic.TopicInspector;
import io.trueup.topic.TopicReader;
import io.trueup.tree.EntryDigest;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Write;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads write events back from their topics, by offset. It reads on from one to the next where they are near, as the job does. Used
 * by one thread.
 */
final class EventReader implements AutoCloseable {

    /** Beyond this distance a seek is faster than reading on. */
    private static final long SEEK_RECORDS = 1_600;

    /** The values that one call returns have at most this many bytes together, unless the first alone has more. */
    private static final long MAX_VALUE_BYTES = 32L << 20;

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String CLIENT_ID = "trueup-repair";

    private final Cluster cluster;
    private final TopicInspector inspector;
    private final TopicReader reader;
    private final KeyedHash hash;
    private final EntryDigest digests;
    private final int maxValueBytes;
    private final Map<String, WriteFormat> formats = new HashMap<>();

    EventReader(TrueupConfig config, RecordCodecs codecs, KeyedHash hash, ProgressCounter progress) {
        this.hash = hash;
        digests = new EntryDigest(
                hash, config.settings(config.replicas().get(0)).rules().compareValues());
        maxValueBytes = config.repairValueMaxBytes();
        cluster = new Cluster(config.adminProperties(), config.consumerProperties());
        inspector = new TopicInspector(CLIENT_ID, progress, PATIENCE);
        reader = new TopicReader(CLIENT_ID, progress, PATIENCE);
        for (String name : config.replicas()) {
            ReplicaTopics replica = config.replica(name);
            WriteFormat format =
                    WriteFormat.of(replica.writesFormatName(), replica.writesTopic(), codecs, Integer.MAX_VALUE);
            formats.put(replica.writesTopic(), config.valueForm().applied(format, replica.writesTopic(), codecs, hash));
        }
    }

    /**
     * What was found at a place.
     *
     * @param event the write event; null: there is none
     * @param missing why there is none, in words that follow the place
     */
    record ReadBack(StoredEvent event, String missing) {}

    /**
     * Reads write events. Places whose values have no room any more are left out: they are to be read by a later call.
     *
     * @param places where they lie, and whether their values are needed
     */
    Map<EventPlace, ReadBack> read(Map<EventPlace, Boolean> places) {
        Reading reading = new Reading(places);
        List<List<OffsetRange>> spans = new ArrayList<>();
        offsets(places.keySet())
                .forEach((partition, offsets) -> spans.add(spans(partition, reading.existing(partition, offsets))));
        for (int wave = 0; hasSpan(spans, wave); wave++) {
            int current = wave;
            reading.read(spans.stream()
                    .filter(each -> each.size() > current)
                    .map(each -> each.get(current))
                    .toList());
        }
        return reading.result();
    }

    private static boolean hasSpan(List<List<OffsetRange>> spans, int wave) {
        return spans.stream().anyMatch(each -> each.size() > wave);
    }

    private static Map<TopicPartition, TreeSet<Long>> offsets(Set<EventPlace> places) {
        Map<TopicPartition, TreeSet<Long>> offsets = new HashMap<>();
        places.forEach(place -> offsets.computeIfAbsent(place.partition(), partition -> new TreeSet<>())
                .add(place.offset()));
        return offsets;
    }

    /** Offset ranges that contain the offsets, one range for those that are near each other. */
    private List<OffsetRange> spans(TopicPartition partition, TreeSet<Long> offsets) {
        List<OffsetRange> spans = new ArrayList<>();
        long first = -1;
        long last = -1;
        for (long offset : offsets) {
            if (first >= 0 && offset - last > SEEK_RECORDS) {
                spans.add(new OffsetRange(cluster, partition, first, last + 1));
                first = -1;
            }
            first = first < 0 ? offset : first;
            last = offset;
        }
        if (first >= 0) {
            spans.add(new OffsetRange(cluster, partition, first, last + 1));
        }
        return spans;
    }

    /** How many partitions a writes topic has. */
    int partitions(String topic) {
        return inspector.inspect(cluster, topic).partitions();
    }

    /** Consumer properties for reading the same topics. */
    Map<String, Object> consumerProperties(String clientId) {
        return cluster.consumerProperties(clientId);
    }

    /** The configuration of a topic; empty if it may not be read. */
    Map<String, String> settings(String topic) {
        return inspector.settings(cluster, topic);
    }

    @Override
    public void close() {
        reader.close();
        inspector.close();
    }

    /** The entry that a record of a writes topic states. Null if it states none. */
    StoredEvent decode(ConsumerRecord<ByteBuffer, ByteBuffer> record, boolean withValue)
            throws MalformedRecordException {
        Write write = formats.get(record.topic())
                .decode(
                        bytes(record.key()),
                        bytes(record.value()),
                        record.headers(),
                        record.timestamp(),
                        record.offset(),
                        record.timestamp())
                .accept(StatedWrite.INSTANCE);
        if (write == null) {
            return null;
        }
        boolean fits = write.value() != null && write.value().length <= maxValueBytes;
        EntrySummary entry = new EntrySummary(
                hash.key(write.key()),
                write.version(),
                write.vector(),
                write.positionMs(),
                write.appendTimeMs(),
                write.expiryMs(),
                write.deleted(),
                digests.ofValue(write),
                false);
        return new StoredEvent(write.key(), entry, write.repairId(), withValue && fits ? write.value() : null);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    /** One call of {@link #read}. */
    private final class Reading {

        private final Map<EventPlace, Boolean> places;
        private final Map<EventPlace, ReadBack> found = new HashMap<>();
        private final Set<EventPlace> deferred = new HashSet<>();
        private final Map<String, TopicInspector.Topic> topics = new TreeMap<>();
        private long valueBytes;

        Reading(Map<EventPlace, Boolean> places) {
            this.places = places;
        }

        /** Leaves out the offsets that the log does not have. */
        TreeSet<Long> existing(TopicPartition partition, TreeSet<Long> offsets) {
            TopicInspector.Topic topic =
                    topics.computeIfAbsent(partition.topic(), name -> inspector.inspect(cluster, name));
            TreeSet<Long> existing = new TreeSet<>();
            for (long offset : offsets) {
                if (offset < topic.starts().get(partition.partition())) {
                    miss(new EventPlace(partition, offset), "was deleted by the retention of the topic");
                } else if (offset >= topic.ends().get(partition.partition())) {
                    miss(
                            new EventPlace(partition, offset),
                            "does not exist: the log ends before it, so the topic was created again or has lost records");
                } else {
                    existing.add(offset);
                }
            }
            return existing;
        }

        private void miss(EventPlace place, String reason) {
            found.put(place, new ReadBack(null, reason));
        }

        void read(List<OffsetRange> ranges) {
            Map<Integer, Long> unfinished = reader.read(ranges, (range, record) -> take(record));
            unfinished.forEach((range, position) -> places.keySet().stream()
                    .filter(place -> place.partition().equals(ranges.get(range).partition()))
                    .filter(place -> place.offset() >= position && !found.containsKey(place))
                    .toList()
                    .forEach(place -> miss(
                            place,
                            "cannot be read now: it is behind an open transaction, or the brokers do not answer")));
        }

        private void take(ConsumerRecord<ByteBuffer, ByteBuffer> record) {
            EventPlace place = new EventPlace(new TopicPartition(record.topic(), record.partition()), record.offset());
            Boolean withValue = places.get(place);
            if (withValue == null) {
                return;
            }
            try {
                StoredEvent event = decode(record, withValue);
                int bytes = event == null || event.value() == null ? 0 : event.value().length;
                if (event == null) {
                    miss(place, "is no write event");
                } else if (valueBytes > 0 && valueBytes + bytes > MAX_VALUE_BYTES) {
                    deferred.add(place);
                } else {
                    valueBytes += bytes;
                    found.put(place, new ReadBack(event, null));
                }
            } catch (MalformedRecordException e) {
                miss(place, "cannot be read: " + e.getMessage());
            }
        }

        Map<EventPlace, ReadBack> result() {
            places.keySet().stream()
                    .filter(place -> !found.containsKey(place) && !deferred.contains(place))
                    .toList()
                    .forEach(place -> miss(place, "is gone: it was compacted away, or never committed"));
            return found;
        }
    }

    /** Returns the entry that an observation states, or null if it states none. */
    private static final class StatedWrite implements Observation.Visitor<Write> {

        private static final StatedWrite INSTANCE = new StatedWrite();

        @Override
        public Write observed(Observation.Observed observed) {
            return observed.write();
        }

        @Override
        public Write progress(Observation.Progress progress) {
            return null;
        }

        @Override
        public Write scanStarted(Observation.ScanStarted started) {
            return null;
        }

        @Override
        public Write scanned(Observation.Scanned scanned) {
            return scanned.write();
        }

        @Override
        public Write scanEnded(Observation.ScanEnded ended) {
            return null;
        }

        @Override
        public Write unrelated(Observation.Unrelated unrelated) {
            return null;
        }
    }
}

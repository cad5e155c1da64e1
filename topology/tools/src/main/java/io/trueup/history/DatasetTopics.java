package io.trueup.history;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.mac.RecordMac;
import io.trueup.repair.RepairRecords;
import io.trueup.report.ConflictKey;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.RoundReport;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.topic.Place;
import io.trueup.tree.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The topics of a dataset that contain its history, and how their records are read. Immutable and thread-safe. */
public final class DatasetTopics {

    private final TrueupConfig config;
    private final RecordCodecs codecs;

    /** @param codecs read Avro records; the caller closes them */
    public DatasetTopics(TrueupConfig config, RecordCodecs codecs) {
        this.config = config;
        this.codecs = codecs;
    }

    /**
     * The repairs topics.
     *
     * @param partition the only partition; null: all
     */
    public List<ReplayedTopic> repairs(Integer partition) {
        List<ReplayedTopic> topics = new ArrayList<>();
        for (String name : config.replicas()) {
            ReplicaTopics replica = config.replica(name);
            if (replica.repairsTopic() != null) {
                RepairRecords records =
                        new RepairRecords(replica.repairsFormat().label(), config.dataset(), name, codecs);
                topics.add(new ReplayedTopic(
                        replica.repairsTopic(),
                        partition,
                        (place, record) -> new Event.RepairEmitted(place, records.read(record))));
            }
        }
        return topics;
    }

    /** The rounds topic. All of its partitions are read: it need not have as many as the dataset. */
    public ReplayedTopic rounds() {
        RecordCodec<RoundReport> codec = codecs.of(RoundReport.class);
        RecordMac mac = new RecordMac(config.controlSecrets(), RecordMac.Use.ROUND_REPORT);
        return new ReplayedTopic(config.roundsTopic(), null, (place, record) -> {
            checkAuthentic(mac, record);
            RoundReport report = codec.decode(record.topic(), record.value());
            checkDataset(report.getDataset());
            return new Event.RoundReported(place, report);
        });
    }

    /**
     * The control topics: those that the job reads, and the one that it writes.
     *
     * @param partition the only partition; null: all
     */
    public List<ReplayedTopic> control(Integer partition) {
        RecordCodec<ControlMessage> codec = codecs.of(ControlMessage.class);
        RecordMac mac = new RecordMac(config.controlSecrets(), RecordMac.Use.CONTROL);
        Set<String> names = new TreeSet<>(config.controlTopics());
        names.add(config.controlTopic());
        return names.stream()
                .map(topic -> new ReplayedTopic(topic, partition, (place, record) -> {
                    checkAuthentic(mac, record);
                    ControlMessage message = codec.decode(record.topic(), record.value());
                    checkDataset(message.getDataset());
                    return new Event.ControlSent(place, message, record.value().length);
                }))
                .toList();
    }

    /** The conflicts topic. All of its partitions are read: it need not have as many as the dataset. */
    public ReplayedTopic conflicts() {
        RecordCodec<ConflictEvent> codec = codecs.of(ConflictEvent.class);
        return new ReplayedTopic(config.conflictsTopic(), null, (place, record) -> {
            if (record.key() == null) {
                throw new MalformedRecordException("a conflict event needs a record key");
            }
            ConflictEvent conflict = record.value() == null ? null : codec.decode(record.topic(), record.value());
            if (conflict != null) {
                checkDataset(conflict.getDataset());
            }
            ConflictKey key = ConflictKey.decode(record.key());
            return new Event.ConflictUpdated(place, key.key(), key.reporter(), conflict);
        });
    }

    /**
     * The writes topics.
     *
     * @param partition the only partition; null: all
     * @param key the only key; null: all keys, but only answers to repairs
     */
    public List<ReplayedTopic> writes(Integer partition, byte[] key) {
        return config.replicas().stream()
                .map(config::replica)
                .map(replica -> writes(replica, partition, key))
                .toList();
    }

    private ReplayedTopic writes(ReplicaTopics replica, Integer partition, byte[] key) {
        WriteFormat format =
                WriteFormat.of(replica.writesFormatName(), replica.writesTopic(), codecs, Integer.MAX_VALUE);
        return new ReplayedTopic(replica.writesTopic(), partition, (place, record) -> {
            if (key != null && !Arrays.equals(format.datasetKey(record.key()), key)) {
                return null;
            }
            Event.EntryWritten wrote = wrote(replica.name(), format, place, record);
            return wrote != null && (key != null || wrote.write().repairId() != null) ? wrote : null;
        });
    }

    private static Event.EntryWritten wrote(
            String replica, WriteFormat format, Place place, ConsumerRecord<byte[], byte[]> record)
            throws MalformedRecordException {
        Observation seen = format.decode(
                record.key(), record.value(), record.headers(), place.timeMs(), place.offset(), place.timeMs());
        return seen.accept(new EntryOf(replica, place));
    }

    /** What a replica states that it stores: a write event or a row of a scan; null for anything else. */
    private record EntryOf(String replica, Place place) implements Observation.Visitor<Event.EntryWritten> {

        private Event.EntryWritten entry(Write write, boolean byScan) {
            return new Event.EntryWritten(place, replica, withoutValue(write), size(write), byScan);
        }

        @Override
        public Event.EntryWritten observed(Observation.Observed observed) {
            return entry(observed.write(), false);
        }

        @Override
        public Event.EntryWritten scanned(Observation.Scanned row) {
            return entry(row.write(), true);
        }

        @Override
        public Event.EntryWritten progress(Observation.Progress progress) {
            return null;
        }

        @Override
        public Event.EntryWritten scanStarted(Observation.ScanStarted started) {
            return null;
        }

        @Override
        public Event.EntryWritten scanEnded(Observation.ScanEnded end) {
            return null;
        }

        @Override
        public Event.EntryWritten unrelated(Observation.Unrelated unrelated) {
            return null;
        }
    }

    private static int size(Write write) {
        return write.value() == null ? 0 : write.value().length;
    }

    /** Many events wait for the merge at a time, so values are not kept. */
    private static Write withoutValue(Write write) {
        return new Write(
                write.key(),
                write.version(),
                write.vector(),
                write.positionMs(),
                write.deleted(),
                null,
                write.digest(),
                write.expiryMs(),
                write.repairId(),
                write.offset(),
                write.appendTimeMs());
    }

    /** A former secret at the end of {@code control.secrets} makes readable what was sent before a rotation. */
    private static void checkAuthentic(RecordMac mac, ConsumerRecord<byte[], byte[]> record)
            throws MalformedRecordException {
        RecordMac.Verdict verdict = mac.check(record.key(), record.value(), record.headers());
        if (verdict != RecordMac.Verdict.AUTHENTIC) {
            throw new MalformedRecordException(RecordMac.reason(verdict)
                    + ". To read records from before the secrets were replaced, add the former secret at the end of"
                    + " control.secrets");
        }
    }

    private void checkDataset(String named) throws MalformedRecordException {
        if (!named.equals(config.dataset())) {
            throw new MalformedRecordException("it belongs to dataset " + named);
        }
    }
}

package io.trueup.ops.key;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.mac.RecordMac;
import io.trueup.ops.key.TailReader.Source;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.exchange.Message.Entries;
import io.trueup.reconcile.exchange.Message.Probe;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.repair.RepairRecords;
import io.trueup.schema.ControlMessage;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The topics that contain what has happened to one key, and how their records are read. Not thread-safe. */
final class KeyRecords {

    private final TrueupConfig config;
    private final RecordCodecs codecs;
    private final byte[] key;
    private final int partition;
    private final KeyedHash hash;
    private final Hash128 keyHash;
    private final int segment;

    /**
     * @param codecs read Avro records; the caller closes them
     * @param partition the partition of the key
     * @param segment the segment of the key
     */
    KeyRecords(TrueupConfig config, RecordCodecs codecs, byte[] key, int partition, KeyedHash hash, int segment) {
        this.config = config;
        this.codecs = codecs;
        this.key = key;
        this.partition = partition;
        this.hash = hash;
        this.segment = segment;
        keyHash = hash.key(key);
    }

    /** The control topics, the repairs topics, and the writes topics of the owners of the partition. */
    List<Source<KeyEvent>> sources() {
        List<Source<KeyEvent>> sources = new ArrayList<>();
        ControlCodec control = new ControlCodec(config.dataset(), codecs.of(ControlMessage.class));
        RecordMac mac = new RecordMac(config.controlSecrets(), RecordMac.Use.CONTROL);
        Set<String> names = new TreeSet<>(config.controlTopics());
        names.add(config.controlTopic());
        names.forEach(topic -> sources.add(source(topic, record -> control(record, control, mac))));
        for (String owner : config.owners(partition)) {
            ReplicaTopics replica = config.replica(owner);
            if (replica.repairsTopic() != null) {
                sources.add(repairs(replica));
            }
            sources.add(writes(replica));
        }
        return sources;
    }

    private Source<KeyEvent> source(String topic, TailReader.Reading<KeyEvent> reading) {
        return new Source<>(topic, count -> partition, reading);
    }

    private boolean isOfKey(ConsumerRecord<byte[], byte[]> record) {
        return Arrays.equals(record.key(), key);
    }

    private Source<KeyEvent> repairs(ReplicaTopics replica) {
        RepairRecords records =
                new RepairRecords(replica.repairsFormat().label(), config.dataset(), replica.name(), codecs);
        return source(
                replica.repairsTopic(),
                record -> isOfKey(record) ? new KeyEvent.Repaired(Place.of(record), records.read(record)) : null);
    }

    private Source<KeyEvent> writes(ReplicaTopics replica) {
        String topic = replica.writesTopic();
        WriteFormat format = config.valueForm()
                .applied(
                        WriteFormat.of(replica.writesFormatName(), topic, codecs, Integer.MAX_VALUE),
                        topic,
                        codecs,
                        hash);
        return source(
                topic,
                record -> Arrays.equals(format.datasetKey(record.key()), key)
                        ? wrote(replica.name(), format, record)
                        : null);
    }

    private KeyEvent wrote(String replica, WriteFormat format, ConsumerRecord<byte[], byte[]> record) {
        Place place = Place.of(record);
        try {
            Observation seen = format.decode(
                    record.key(),
                    record.value(),
                    record.headers(),
                    record.timestamp(),
                    record.offset(),
                    record.timestamp());
            if (seen instanceof Observation.Observed observed) {
                return wrote(place, replica, observed.write(), false);
            }
            return seen instanceof Observation.Scanned row ? wrote(place, replica, row.write(), true) : null;
        } catch (MalformedRecordException e) {
            Write unread = Write.unread(hash, replica, key, record.value(), record.offset(), record.timestamp());
            return wrote(place, replica, unread, false);
        }
    }

    private KeyEvent wrote(Place place, String replica, Write write, boolean scanned) {
        int valueBytes = write.value() == null ? 0 : write.value().length;
        return new KeyEvent.Wrote(place, replica, summary(write), write.repairId(), valueBytes, scanned);
    }

    private EntrySummary summary(Write write) {
        return new EntrySummary(
                keyHash,
                write.version(),
                write.vector(),
                write.positionMs(),
                write.appendTimeMs(),
                write.expiryMs(),
                write.deleted(),
                digest(write),
                false);
    }

    private Hash128 digest(Write write) {
        if (write.deleted()) {
            return Hash128.ZERO;
        }
        return write.digest() != null ? write.digest() : hash.value(write.value());
    }

    private KeyEvent control(ConsumerRecord<byte[], byte[]> record, ControlCodec control, RecordMac mac)
            throws MalformedRecordException {
        if (record.value() == null
                || mac.check(record.key(), record.value(), record.headers()) != RecordMac.Verdict.AUTHENTIC) {
            return null;
        }
        Message message = control.decode(record.topic(), record.value());
        Place place = Place.of(record);
        Message.Body body = message.body();
        if (body instanceof Segment sent) {
            return sent.index() == segment ? compared(place, message, sent.entries(), sent.chunks() == 1) : null;
        }
        if (body instanceof Entries sent) {
            return compared(
                    place, message, sent.entries(), sent.absent().stream().anyMatch(this::mayBeKey));
        }
        if (body instanceof ProbeAnswer answer && answer.keyHash().equals(keyHash)) {
            return new KeyEvent.Compared(place, message.replica(), message.sealOffset(), answer.entry(), true);
        }
        if (body instanceof Probe probe && probe.keyHash().equals(keyHash)) {
            return new KeyEvent.Probed(place, message.replica());
        }
        return body instanceof Choice choice && Arrays.equals(choice.key(), key)
                ? new KeyEvent.Chosen(place, choice)
                : null;
    }

    /** @param showsAbsence whether the replica holds nothing if the key is not among the entries */
    private KeyEvent compared(Place place, Message message, List<EntrySummary> entries, boolean showsAbsence) {
        EntrySummary held = entries.stream()
                .filter(entry -> entry.keyHash().equals(keyHash))
                .findFirst()
                .orElse(null);
        return held != null || showsAbsence
                ? new KeyEvent.Compared(place, message.replica(), message.sealOffset(), held, false)
                : null;
    }

    /** Of a key that a sketch has shown, only the upper lane of the hash is known. */
    private boolean mayBeKey(Hash128 absent) {
        return absent.hi() == keyHash.hi();
    }
}

package io.trueup.command;

import io.trueup.avro.MalformedRecordException;
import io.trueup.command.ProbeResult.SentTo;
import io.trueup.control.ControlCodec;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.repair.RepairFormat;
import io.trueup.repair.SentRepair;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Collects answers and repairs of one probed key from the control and repair topics. Not thread-safe. */
final class ProbeWatch {

    /** Time to wait for further repairs after a repair: there is one per replica that differs. */
    private static final long FOLLOW_MS = 2_000;

    private final Settings settings;
    private final int partition;
    private final long cutMs;
    private final byte[] key;
    private final Hash128 keyHash;
    private final ControlCodec control;
    private final RecordMac mac;
    private final Map<String, RepairTopic> repairTopics;
    private final Map<String, ProbeAnswer> answers = new TreeMap<>();
    private final List<SentTo> repairs = new ArrayList<>();
    private long lastRepairMs;

    /**
     * @param keyHash keyed hash of {@code key}
     * @param mac verifies control messages
     * @param repairTopics repair topics by name
     */
    ProbeWatch(
            Settings settings,
            int partition,
            long cutMs,
            byte[] key,
            Hash128 keyHash,
            ControlCodec control,
            RecordMac mac,
            Map<String, RepairTopic> repairTopics) {
        this.settings = settings;
        this.partition = partition;
        this.cutMs = cutMs;
        this.key = key;
        this.keyHash = keyHash;
        this.control = control;
        this.mac = mac;
        this.repairTopics = repairTopics;
    }

    /** A repair topic's target and format. */
    record RepairTopic(String target, RepairFormat format) {}

    /** Takes a record of the partition, and ignores records that are malformed or not authentic. */
    void take(ConsumerRecord<byte[], byte[]> record, long nowMs) {
        try {
            RepairTopic repairTopic = repairTopics.get(record.topic());
            if (repairTopic == null) {
                takeControl(record);
            } else if (Arrays.equals(record.key(), key)) {
                SentRepair sent = repairTopic.format().decode(record.key(), record.value(), record.headers());
                repairs.add(new SentTo(repairTopic.target(), sent.version(), sent.deleted()));
                lastRepairMs = nowMs;
            }
        } catch (MalformedRecordException e) {
            // the reconcilers send it to the dead-letter topic
        }
    }

    private void takeControl(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        if (mac.check(record.key(), record.value(), record.headers()) != RecordMac.Verdict.AUTHENTIC) {
            return;
        }
        Message message = control.decode(record.topic(), record.value());
        if (message.body() instanceof ProbeAnswer answer
                && answer.keyHash().equals(keyHash)
                && message.partition() == partition
                && owners().contains(message.replica())) {
            answers.put(message.replica(), answer);
        }
    }

    /** Whether no further answers or repairs are expected. */
    boolean complete(long nowMs) {
        return silent().isEmpty() && (agree() || (!repairs.isEmpty() && nowMs - lastRepairMs > FOLLOW_MS));
    }

    ProbeResult result() {
        Map<String, Optional<EntryView>> entries = new TreeMap<>();
        answers.forEach((replica, answer) ->
                entries.put(replica, Optional.ofNullable(answer.entry()).map(EntryView::of)));
        return new ProbeResult(partition, cutMs, entries, silent(), agree(), List.copyOf(repairs));
    }

    private List<String> owners() {
        return settings.placement().owners(partition);
    }

    private List<String> silent() {
        return owners().stream().filter(owner -> !answers.containsKey(owner)).toList();
    }

    private boolean agree() {
        return answers.values().stream()
                        .map(answer -> compared(answer.entry()))
                        .distinct()
                        .count()
                <= 1;
    }

    /** Returns the properties of an entry that are compared. */
    private Compared compared(EntrySummary entry) {
        if (entry == null || entry.deleted() || entry.expiryMs() <= cutMs) {
            return Compared.NOTHING;
        }
        return settings.rules().compareValues()
                ? new Compared(0, null, 0, entry.digest())
                : new Compared(
                        entry.version(),
                        entry.vector() == null ? null : entry.vector().toString(),
                        entry.expiryMs(),
                        entry.digest());
    }

    private record Compared(long version, String vector, long expiryMs, Hash128 digest) {
        static final Compared NOTHING = new Compared(0, null, 0, Hash128.ZERO);
    }
}

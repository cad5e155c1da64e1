package io.trueup.command;

import io.trueup.avro.MalformedRecordException;
import io.trueup.control.ControlCodec;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.settings.Settings;
import io.trueup.status.RoundTimes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The commands to pause and to resume repairs that the reconcilers know, as the end of the control topics shows: each root lists them,
 * and those given since are in the topics themselves. Of the commands that cover a replica the latest counts, so a command of a machine
 * whose clock is behind must be stamped later than these. Not thread-safe.
 */
final class KnownPauses {

    private final Settings settings;
    private final RoundTimes times;
    private final ControlCodec control;
    private final RecordMac mac;
    private final long nowMs;
    /** The latest time of a command, by the replica that it names, or {@link Pause#ALL}. */
    private final Map<String, Long> knownMs = new HashMap<>();

    private final List<Pause> sent = new ArrayList<>();
    /** A time that the clocks of the reconcilers have reached. */
    private long reachedMs;

    /** @param nowMs the time by the clock of this machine */
    KnownPauses(Settings settings, ControlCodec control, RecordMac mac, long nowMs) {
        this.settings = settings;
        this.times = RoundTimes.of(settings.times());
        this.control = control;
        this.mac = mac;
        this.nowMs = nowMs;
        reachedMs = nowMs;
    }

    /**
     * From which time on the control topics have to be read: only a command that is later than now by this clock matters, and its record,
     * or the roots that list it, are no older than a few rounds by this clock.
     */
    long sinceMs() {
        return Math.max(0, nowMs - times.neededMs());
    }

    /** Takes a record of a control topic; what is malformed, not authentic or of other settings is ignored, as reconcilers do. */
    void take(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() == null
                || record.value() == null
                || mac.check(record.key(), record.value(), record.headers()) != RecordMac.Verdict.AUTHENTIC) {
            return;
        }
        try {
            Message message = control.decode(record.topic(), record.value());
            if (message.fingerprint() == settings.fingerprint(message.partition())) {
                take(message);
            }
        } catch (MalformedRecordException e) {
            // the reconcilers send it to the dead-letter topic
        }
    }

    private void take(Message message) {
        if (message.body() instanceof Root root) {
            root.pauses().forEach(this::isKnown);
            reachedMs = Math.max(reachedMs, message.cutMs() + times.graceMs() + times.intervalMs());
        } else if (message.body() instanceof Pause pause) {
            sent.add(pause);
        }
    }

    private void isKnown(Pause pause) {
        knownMs.merge(pause.target(), pause.givenMs(), Math::max);
    }

    /**
     * The time that a command must carry to be the latest that covers the replicas that it means.
     *
     * @param target the replica, or {@link Pause#ALL}
     * @return now, unless a later command is known
     */
    long stampMs(String target) {
        // reconcilers refuse a command that is further ahead of their clocks than the grace: this one would be refused,
        // too
        sent.stream()
                .filter(pause -> pause.givenMs() <= reachedMs + times.graceMs())
                .forEach(this::isKnown);
        long latestMs = knownMs.entrySet().stream()
                .filter(known -> target.equals(Pause.ALL)
                        || known.getKey().equals(Pause.ALL)
                        || known.getKey().equals(target))
                .mapToLong(Map.Entry::getValue)
                .max()
                .orElse(Long.MIN_VALUE);
        return latestMs < nowMs ? nowMs : latestMs + 1;
    }
}

package io.trueup.ops.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.RoundSummary.Outcome;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Counts the rounds that the reconciler of one replica reports in this process. Thread-safe. */
final class RoundMeters {

    static final String REPLICA = "replica";
    static final String TARGET = "target";

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(10),
        Duration.ofMillis(50),
        Duration.ofMillis(250),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(15),
        Duration.ofSeconds(60)
    };

    /** A difference is found at a later cut, and answered by a datastore. */
    private static final Duration[] LONGER_BUCKETS = {
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(15),
        Duration.ofSeconds(60),
        Duration.ofMinutes(5),
        Duration.ofMinutes(15),
        Duration.ofHours(1)
    };

    private final MeterRegistry registry;
    private final String replica;
    private final Map<Outcome, Counter> rounds = new EnumMap<>(Outcome.class);
    private final Map<String, Counter> sent = new ConcurrentHashMap<>();
    private final Counter verified;
    private final Counter declined;
    private final Counter controlMessages;
    private final Counter controlBytes;
    private final Counter comparedKeys;
    private final Counter probedKeys;
    private final Counter forgotten;
    private final Counter dropped;
    private final Counter clamped;
    private final Timer sealed;
    private final Timer exchanged;
    private final Timer detected;
    private final Timer answered;

    RoundMeters(MeterRegistry registry, String replica) {
        this.registry = registry;
        this.replica = replica;
        for (Outcome outcome : Outcome.values()) {
            rounds.put(
                    outcome,
                    Counter.builder("trueup.rounds")
                            .description("Rounds that ended, one for each partition.")
                            .tag(REPLICA, replica)
                            .tag("outcome", label(outcome))
                            .register(registry));
        }
        sent(replica);
        verified = repairs("verified", replica);
        declined = repairs("declined", replica);
        controlMessages = counter("trueup.control.messages", "Control messages sent.");
        controlBytes = counter("trueup.control.bytes", "Encoded size of the control messages sent, in bytes.");
        comparedKeys = counter("trueup.compared.keys", "Keys compared one by one, because their segments differed.");
        probedKeys = counter("trueup.probed.keys", "Keys compared by probes and read observations.");
        forgotten = counter("trueup.forgotten.entries", "Tombstones and expired entries forgotten.");
        dropped =
                counter("trueup.dropped.entries", "Entries dropped because a scan of the datastore did not find them.");
        clamped = counter("trueup.clamped.writes", "Write events whose position was ahead of their append time.");
        sealed = timer("trueup.round.seal", "Time from when a cut was due until it was sealed.", BUCKETS);
        exchanged = timer(
                "trueup.round.exchange", "Time from when a cut was sealed until the report of its round.", BUCKETS);
        detected = timer(
                "trueup.repair.detection",
                "Time from the write that made a difference until its first repair was decided.",
                LONGER_BUCKETS);
        answered = timer(
                "trueup.repair.verification",
                "Time from when a repair was read until the replica has answered that it is done.",
                LONGER_BUCKETS);
    }

    static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name)
                .description(description)
                .tag(REPLICA, replica)
                .register(registry);
    }

    private Timer timer(String name, String description, Duration[] buckets) {
        return Timer.builder(name)
                .description(description)
                .tag(REPLICA, replica)
                .serviceLevelObjectives(buckets)
                .register(registry);
    }

    private Counter sent(String target) {
        return sent.computeIfAbsent(target, to -> repairs("sent", to));
    }

    private Counter repairs(String state, String target) {
        return Counter.builder("trueup.repairs")
                .description(
                        "Repairs: sent to the target by reconcilers of this process; verified or declined by the target,"
                                + " as its reconciler in this process has seen.")
                .tag(TARGET, target)
                .tag("state", state)
                .register(registry);
    }

    /** Counts a round. Skipped rounds have sealed nothing, and no time counts for them. */
    void reported(RoundSummary round) {
        rounds.get(round.outcome()).increment();
        round.repairs().sent().forEach((target, count) -> add(sent(target), count));
        add(verified, round.repairs().verified());
        add(declined, round.repairs().declined());
        add(controlMessages, round.control().messages());
        add(controlBytes, round.control().bytes());
        add(comparedKeys, round.comparison().keys());
        add(probedKeys, round.upkeep().probes());
        add(forgotten, round.upkeep().forgotten());
        add(dropped, round.upkeep().dropped());
        add(clamped, round.upkeep().clamped());
        if (round.outcome() != Outcome.SKIPPED) {
            sealed.record(Math.max(0, round.timing().sealedAfterMs()), TimeUnit.MILLISECONDS);
            exchanged.record(Math.max(0, round.timing().durationMs()), TimeUnit.MILLISECONDS);
        }
    }

    void detected(long afterMs) {
        detected.record(afterMs, TimeUnit.MILLISECONDS);
    }

    void verified(long afterMs) {
        answered.record(afterMs, TimeUnit.MILLISECONDS);
    }

    private static void add(Counter counter, long count) {
        counter.increment((double) count);
    }
}

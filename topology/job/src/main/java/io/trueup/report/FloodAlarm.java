package io.trueup.report;

import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.RoundSummary.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people once that the flood guard holds back repairs of a replica, and once that it does so no more, however many
 * partitions and reconcilers of this process find that out. Thread-safe.
 */
public final class FloodAlarm {

    /** All partitions report within a short time: their figures go into one line. */
    static final Duration GATHER = Duration.ofSeconds(5);

    /** No second alarm about the same replica before this time. */
    static final Duration PAUSE = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(FloodAlarm.class);

    private final double fraction;
    private final String config;
    private final Consumer<String> alarm;
    private final Consumer<String> relief;
    private final Map<String, Target> targets = new TreeMap<>();
    private volatile boolean quiet = true;

    public FloodAlarm(TrueupConfig config) {
        this(config.repairMaxFraction(), config.file().map(Path::toString).orElse("FILE"), LOG::error, LOG::info);
    }

    /**
     * @param fraction {@code repair.max.fraction}
     * @param config the file that commands are to be given
     * @param alarm takes alarms
     * @param relief takes what ends them
     */
    public FloodAlarm(double fraction, String config, Consumer<String> alarm, Consumer<String> relief) {
        this.fraction = fraction;
        this.config = config;
        this.alarm = alarm;
        this.relief = relief;
    }

    /** Takes what a reconciler reports of a round. A round without a comparison says nothing of the guard. */
    public void reported(String replica, int partition, RoundSummary round, long nowMs) {
        if (round.outcome() == Outcome.EQUAL || round.outcome() == Outcome.DIVERGENT) {
            reported(new Reporter(partition, replica), round.repairs().guarded(), nowMs);
        }
    }

    /** Forgets what a reconciler has reported: its task goes elsewhere. */
    public void closed(String replica, int partition) {
        if (!quiet) {
            synchronized (this) {
                targets.values().forEach(target -> target.held.remove(new Reporter(partition, replica)));
                targets.values().forEach(target -> target.told &= target.tripped());
                quiet = targets.values().stream().noneMatch(Target::tripped);
            }
        }
    }

    /** Raises alarms whose figures are complete. To be called every now and then, by anyone. */
    public void tick(long nowMs) {
        if (!quiet) {
            raise(nowMs);
        }
    }

    private void reported(Reporter reporter, Map<String, Long> guarded, long nowMs) {
        if (quiet && guarded.isEmpty()) {
            return;
        }
        synchronized (this) {
            guarded.forEach((target, repairs) ->
                    targets.computeIfAbsent(target, name -> new Target()).hold(reporter, repairs, nowMs));
            targets.forEach((name, target) -> {
                if (!guarded.containsKey(name)) {
                    target.held.remove(reporter);
                }
            });
            targets.forEach(this::tellThatItIsOver);
            quiet = targets.values().stream().noneMatch(Target::tripped);
        }
    }

    private void tellThatItIsOver(String name, Target target) {
        if (target.told && !target.tripped()) {
            target.told = false;
            relief.accept("Flood guard: repairs of replica " + name + " are sent again");
        }
    }

    private synchronized void raise(long nowMs) {
        targets.forEach((name, target) -> {
            if (target.tripped() && !target.told && nowMs >= target.tellAtMs) {
                target.told = true;
                target.notBeforeMs = nowMs + PAUSE.toMillis();
                alarm.accept(text(name, target));
            }
        });
    }

    private String text(String name, Target target) {
        Map<Integer, Long> repairs = target.byPartition();
        return "Flood guard: about "
                + repairs.values().stream().mapToLong(Long::longValue).sum()
                + " repairs of replica " + name + " in " + repairs.size()
                + (repairs.size() == 1 ? " partition" : " partitions")
                + " are held back, because they are more than repair.max.fraction = " + fraction
                + " of its keys there. So much is hardly lost by accident. Likely causes: its producer uses another"
                + " partitioner, writes.topic is that of something else, or its datastore was restored from"
                + " a backup. Nothing is sent to it meanwhile. If the repairs are meant, allow them: trueup approve -c "
                + config + " --target " + name + " --for 1h";
    }

    /** Who has reported. Several reconcilers see the same repairs of a partition. */
    private record Reporter(int partition, String replica) {}

    private static final class Target {

        private final Map<Reporter, Long> held = new HashMap<>();
        private boolean told;
        private long tellAtMs;
        private long notBeforeMs = Long.MIN_VALUE;

        boolean tripped() {
            return !held.isEmpty();
        }

        void hold(Reporter reporter, long repairs, long nowMs) {
            if (held.isEmpty()) {
                tellAtMs = Math.max(nowMs + GATHER.toMillis(), notBeforeMs);
            }
            held.put(reporter, repairs);
        }

        Map<Integer, Long> byPartition() {
            Map<Integer, Long> repairs = new TreeMap<>();
            held.forEach((reporter, count) -> repairs.merge(reporter.partition(), count, Math::max));
            return repairs;
        }
    }
}

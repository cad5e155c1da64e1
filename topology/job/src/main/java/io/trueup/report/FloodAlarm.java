package io.trueup.report;

import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.RoundSummary.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Raises one alarm when the flood guard starts to hold back repairs of a replica, and sends one notice when it stops, however
 * many partitions and reconcilers of this process report it. Thread-safe.
 */
public final class FloodAlarm {

    /** Time to collect the reports of all partitions, so that one line contains their figures. */
    static final Duration COLLECT = Duration.ofSeconds(5);

    /** Minimum time between two alarms about the same replica. */
    static final Duration PAUSE = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(FloodAlarm.class);

    private final double fraction;
    private final String config;
    private final boolean approvesFills;
    private final Consumer<String> alarm;
    private final Consumer<String> relief;
    private final Map<String, Target> targets = new TreeMap<>();
    private volatile boolean quiet = true;

    public FloodAlarm(TrueupConfig config) {
        this(config.repairMaxFraction(), file(config), config.approvesFills(), LOG::error, LOG::info);
    }

    /**
     * @param fraction {@code repair.max.fraction}
     * @param config the configuration file to name in the proposed command
     * @param approvesFills whether {@code seeding = approve}
     * @param alarm takes alarms
     * @param relief takes notices that an alarm is over
     */
    FloodAlarm(double fraction, String config, boolean approvesFills, Consumer<String> alarm, Consumer<String> relief) {
        this.fraction = fraction;
        this.config = config;
        this.approvesFills = approvesFills;
        this.alarm = alarm;
        this.relief = relief;
    }

    /** Takes the report of a round. A round without a comparison has no effect: it does not show whether the guard holds. */
    public void reported(String replica, int partition, RoundSummary round, long nowMs) {
        if (round.outcome() == Outcome.EQUAL || round.outcome() == Outcome.DIVERGENT) {
            Set<String> fills = approvesFills ? round.holdings().filling().keySet() : Set.of();
            reported(new Reporter(partition, replica), round.repairs().guarded(), fills, nowMs);
        }
    }

    /** Forgets the reports of a reconciler whose task moves to another process. */
    public void closed(String replica, int partition) {
        if (!quiet) {
            synchronized (this) {
                targets.values().forEach(target -> target.heldBack.remove(new Reporter(partition, replica)));
                targets.values().forEach(target -> target.alarmed &= target.tripped());
                quiet = targets.values().stream().noneMatch(Target::tripped);
            }
        }
    }

    /** Raises the alarms whose figures are complete. Call it regularly, on any thread. */
    public void tick(long nowMs) {
        if (!quiet) {
            raise(nowMs);
        }
    }

    private void reported(Reporter reporter, Map<String, Long> guarded, Set<String> fills, long nowMs) {
        if (quiet && guarded.isEmpty()) {
            return;
        }
        synchronized (this) {
            guarded.forEach((name, repairs) -> {
                Target target = targets.computeIfAbsent(name, n -> new Target());
                target.holdBack(reporter, repairs, nowMs);
                target.isFilled = fills.contains(name);
            });
            targets.forEach((name, target) -> {
                if (!guarded.containsKey(name)) {
                    target.heldBack.remove(reporter);
                }
            });
            targets.forEach(this::notifyIfOver);
            quiet = targets.values().stream().noneMatch(Target::tripped);
        }
    }

    private void notifyIfOver(String name, Target target) {
        if (target.alarmed && !target.tripped()) {
            target.alarmed = false;
            relief.accept("Flood guard: repairs of replica " + name + " are sent again");
        }
    }

    private synchronized void raise(long nowMs) {
        targets.forEach((name, target) -> {
            if (target.tripped() && !target.alarmed && nowMs >= target.alarmAtMs) {
                target.alarmed = true;
                target.notBeforeMs = nowMs + PAUSE.toMillis();
                alarm.accept(text(name, target));
            }
        });
    }

    private String text(String name, Target target) {
        Map<Integer, Long> repairs = target.byPartition();
        String heldBack = "Flood guard: about "
                + repairs.values().stream().mapToLong(Long::longValue).sum()
                + " repairs of replica " + name + " in " + repairs.size()
                + (repairs.size() == 1 ? " partition" : " partitions")
                + " are held back, because ";
        if (target.isFilled) {
            return heldBack
                    + "it holds nothing or next to nothing there, and seeding = approve lets a person decide whether it"
                    + " is filled. If it is new or was emptied on purpose, approve for as long as the fill takes, at"
                    + " repair.rate: " + approveCommand(config, name);
        }
        return heldBack + "they are more than repair.max.fraction = " + fraction
                + " of its keys there, or in all partitions together. Losses this large usually indicate a configuration error. Likely causes: its producer"
                + " uses another partitioner, writes.topic is that of something else, or its datastore was restored from"
                + " a backup. No repairs are sent to it until they are approved. If the repairs are correct, approve them: "
                + approveCommand(config, name);
    }

    static String approveCommand(TrueupConfig config, String target) {
        return approveCommand(file(config), target);
    }

    private static String approveCommand(String file, String target) {
        return "trueup approve -c " + file + " --target " + target + " --for 1h";
    }

    private static String file(TrueupConfig config) {
        return config.file().map(Path::toString).orElse("FILE");
    }

    /** The reconciler that has reported. Several reconcilers see the same repairs of a partition. */
    private record Reporter(int partition, String replica) {}

    private static final class Target {

        private final Map<Reporter, Long> heldBack = new HashMap<>();
        private boolean isFilled;
        private boolean alarmed;
        private long alarmAtMs;
        private long notBeforeMs = Long.MIN_VALUE;

        boolean tripped() {
            return !heldBack.isEmpty();
        }

        void holdBack(Reporter reporter, long repairs, long nowMs) {
            if (heldBack.isEmpty()) {
                alarmAtMs = Math.max(nowMs + COLLECT.toMillis(), notBeforeMs);
            }
            heldBack.put(reporter, repairs);
        }

        Map<Integer, Long> byPartition() {
            Map<Integer, Long> repairs = new TreeMap<>();
            heldBack.forEach((reporter, count) -> repairs.merge(reporter.partition(), count, Math::max));
            return repairs;
        }
    }
}

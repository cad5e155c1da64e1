package io.trueup.demo;

import io.trueup.demo.Sightings.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * A replica's write events lie in wrong partitions, so nearly every key seems to be missing somewhere. The flood guard has to hold
 * all repairs back and to raise an alarm. Then the replica is corrected, and a scrub tells what it stores.
 */
final class Misrouting implements Trouble {

    private static final int ROUNDS_HELD = 3;
    private static final long ROWS_PER_SECOND = 50_000;
    private static final String ALARM = "Flood guard: about";

    private final Cluster cluster;
    private final String victim;
    private final Sightings sightings;
    private final Clock clock;
    private final Screen screen;
    private final Map<String, String> notes;
    private final LongSupplier keys;
    private final Set<String> raised = new LinkedHashSet<>();
    private long alarmMs = -1;
    private long correctedMs = -1;

    /**
     * @param victim the replica, which was started with the wrong partitioner
     * @param notes where it is shown, by replica
     * @param keys how many keys were loaded
     */
    Misrouting(
            Cluster cluster,
            String victim,
            Sightings sightings,
            Clock clock,
            Screen screen,
            Map<String, String> notes,
            LongSupplier keys) {
        this.cluster = cluster;
        this.victim = victim;
        this.sightings = sightings;
        this.clock = clock;
        this.screen = screen;
        this.notes = notes;
        this.keys = keys;
        notes.put(victim, "wrong partitioner");
    }

    @Override
    public FaultKind kind() {
        return FaultKind.WRONG_PARTITIONER;
    }

    @Override
    public boolean pass() {
        Snapshot seen = sightings.snapshot();
        if (correctedMs < 0 && !seen.guarded().isEmpty()) {
            alarms().stream().filter(raised::add).forEach(this::raise);
        }
        if (alarmMs >= 0 && correctedMs < 0 && seen.completeRoundsSince(alarmMs) >= ROUNDS_HELD) {
            screen.say(
                    "",
                    "   " + Screen.number(held(seen)) + " repairs were held back, "
                            + Screen.number(seen.repairs().size())
                            + " were sent. Now " + victim + " is corrected: the job stops, " + victim
                            + " starts again with the",
                    "   right partitioner, a scrub tells what it stores and drops what it does not, the job goes on.",
                    "");
            correct();
        }
        return correctedMs >= 0 && seen.equalRoundsSince(correctedMs) > 0;
    }

    private List<String> alarms() {
        try (var lines = Files.lines(cluster.log())) {
            return lines.filter(line -> line.contains(ALARM))
                    .map(line -> line.substring(line.indexOf(ALARM)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + cluster.log(), e);
        }
    }

    private void raise(String text) {
        alarmMs = alarmMs < 0 ? clock.millis() : alarmMs;
        List<String> lines = new ArrayList<>(List.of("", "   ALARM in the log of the job:"));
        for (String sentence : text.split("(?<=[.]) ", -1)) {
            lines.add("   | " + sentence);
        }
        lines.add("");
        screen.say(lines);
    }

    private void correct() {
        cluster.stopJob();
        cluster.closeReplica(victim);
        cluster.startReplica(victim);
        cluster.scrub(victim, ROWS_PER_SECOND);
        correctedMs = clock.millis();
        cluster.startJob();
        notes.put(victim, "corrected");
    }

    private static long held(Snapshot seen) {
        return seen.guarded().values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public boolean concerns(SeenRepair repair) {
        return true;
    }

    @Override
    public Account account(Snapshot seen, Balance balance) {
        return new Account(
                keys.getAsLong(),
                held(seen),
                0,
                balance.falseRepairs().size(),
                raised.isEmpty() ? 1 : 0,
                raised.isEmpty() ? null : String.join("; ", raised));
    }

    @Override
    public List<String> tale() {
        return raised.isEmpty()
                ? List.of()
                : List.of(
                        "all write events of " + victim + " lay in wrong partitions: the flood guard held repairs back,"
                                + " until " + victim + " was corrected and scrubbed");
    }
}

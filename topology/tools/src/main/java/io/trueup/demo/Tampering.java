package io.trueup.demo;

import io.trueup.demo.Sightings.Snapshot;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.table.Datastore;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Rows of one database are changed and deleted without a write event: rounds see nothing of it. Then a scrub tells what is
 * really stored, and the next rounds repair it.
 */
final class Tampering implements Trouble {

    /** So many rounds may look before the scrub. */
    private static final int BLIND_ROUNDS = 1;

    private static final long ROWS_PER_SECOND = 50_000;

    private final Cluster cluster;
    private final List<Fault> rows;
    private final FaultInjector injector;
    private final Sightings sightings;
    private final Clock clock;
    private final BooleanSupplier mayBegin;
    private final String victim;
    private long tamperedMs = -1;
    private long foundBlindly;
    private long scanned = -1;
    private long tookMs;

    /**
     * @param rows what to break, all on one replica, at least one
     * @param mayBegin not before this holds
     */
    Tampering(
            Cluster cluster,
            List<Fault> rows,
            FaultInjector injector,
            Sightings sightings,
            Clock clock,
            BooleanSupplier mayBegin) {
        this.cluster = cluster;
        this.rows = rows;
        this.injector = injector;
        this.sightings = sightings;
        this.clock = clock;
        this.mayBegin = mayBegin;
        this.victim = rows.get(0).victim();
    }

    @Override
    public FaultKind kind() {
        return FaultKind.SCRUB;
    }

    @Override
    public boolean pass() {
        if (tamperedMs < 0) {
            if (mayBegin.getAsBoolean()) {
                tamper();
                tamperedMs = clock.millis();
            }
        } else if (scanned < 0 && sightings.snapshot().completeRoundsSince(tamperedMs) >= BLIND_ROUNDS) {
            foundBlindly = repairsOfRows(sightings.snapshot().repairs());
            scrub();
        }
        return scanned >= 0;
    }

    private void tamper() {
        Datastore datastore = cluster.datastores().get(victim);
        try (BackDoor door = new BackDoor(cluster.database(victim))) {
            for (Fault row : rows) {
                StoredEntry stored = datastore
                        .find(row.key().getBytes(StandardCharsets.UTF_8))
                        .orElseThrow(() -> new DemoFailedException(victim + " does not hold " + row.key()));
                if (row.divergence().equals("MISSING")) {
                    door.delete(row.key());
                } else {
                    door.change(row.key(), FaultInjector.garbled(stored.value(), 1));
                }
                injector.happened(row, stored.value());
            }
        }
    }

    private void scrub() {
        long startMs = clock.millis();
        scanned = cluster.scrub(victim, ROWS_PER_SECOND);
        tookMs = clock.millis() - startMs;
    }

    private long repairsOfRows(List<SeenRepair> repairs) {
        return repairs.stream().filter(this::isOfRow).count();
    }

    private boolean isOfRow(SeenRepair repair) {
        return rows.stream()
                .anyMatch(row -> row.key().equals(repair.key()) && row.victim().equals(repair.target()));
    }

    @Override
    public Account account(Snapshot seen, Balance balance) {
        return balance.account(kind(), tale().isEmpty() ? null : tale().get(0));
    }

    @Override
    public List<String> tale() {
        List<String> tale = new ArrayList<>();
        if (scanned >= 0) {
            tale.add("no round saw the " + rows.size() + " broken rows of " + victim + " (" + foundBlindly
                    + " repairs), until a scrub of its " + Screen.number(scanned) + " rows in "
                    + Screen.seconds(tookMs) + " told them");
        }
        return tale;
    }
}

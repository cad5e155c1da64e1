package io.trueup.demo.fault;

import io.trueup.demo.cluster.DemoFailedException;
import io.trueup.demo.cluster.EmittedRepair;
import io.trueup.demo.console.Figures;
import io.trueup.demo.feed.TableComparison;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.table.Datastore;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Rows of one database are changed and deleted without a write event, so rounds do not see it. Then a scrub reports what is really
 * stored, and the next rounds repair it.
 */
final class ScrubScenario implements Scenario {

    /** Number of complete rounds between the change of the rows and the scrub. */
    private static final int ROUNDS_BEFORE_SCRUB = 1;

    private static final long ROWS_PER_SECOND = 50_000;

    private final ScenarioContext context;
    private final List<Fault> rows;
    private final BooleanSupplier mayBegin;
    private final String victim;
    private long tamperedMs = -1;
    private long repairsBeforeScrub;
    private long scrubbedRows = -1;
    private long scrubMs;

    /**
     * @param rows the rows to break, all on one replica, at least one
     * @param mayBegin the scenario waits until this holds
     */
    ScrubScenario(ScenarioContext context, List<Fault> rows, BooleanSupplier mayBegin) {
        this.context = context;
        this.rows = rows;
        this.mayBegin = mayBegin;
        this.victim = rows.get(0).victim();
    }

    @Override
    public FaultKind kind() {
        return FaultKind.SCRUB;
    }

    @Override
    public boolean advance() {
        if (tamperedMs < 0) {
            if (mayBegin.getAsBoolean()) {
                tamper();
                tamperedMs = context.nowMs();
            }
        } else if (scrubbedRows < 0 && context.seen().completeRoundsSince(tamperedMs) >= ROUNDS_BEFORE_SCRUB) {
            repairsBeforeScrub =
                    context.seen().repairs().stream().filter(this::isOfRow).count();
            scrub();
        }
        return scrubbedRows >= 0;
    }

    private void tamper() {
        Datastore datastore = context.cluster().datastores().get(victim);
        try (RowTampering tampering = new RowTampering(context.cluster().database(victim))) {
            for (Fault row : rows) {
                StoredEntry stored = datastore
                        .find(row.key().getBytes(StandardCharsets.UTF_8))
                        .orElseThrow(() -> new DemoFailedException(victim + " does not hold " + row.key()));
                if (row.divergence().equals("MISSING")) {
                    tampering.delete(row.key());
                } else {
                    tampering.change(row.key(), FaultInjector.garbled(stored.value(), 1));
                }
                context.injector().record(row, stored.value());
            }
        }
    }

    private void scrub() {
        long startMs = context.nowMs();
        scrubbedRows = context.cluster().scrub(victim, ROWS_PER_SECOND);
        scrubMs = context.nowMs() - startMs;
    }

    private boolean isOfRow(EmittedRepair repair) {
        return rows.stream()
                .anyMatch(row -> row.key().equals(repair.key()) && row.victim().equals(repair.target()));
    }

    @Override
    public FaultResult result(RepairMatching matching, Map<String, TableComparison> tables) {
        return matching.result(kind(), summary().isEmpty() ? null : summary().get(0));
    }

    @Override
    public List<String> summary() {
        return scrubbedRows < 0
                ? List.of()
                : List.of("rounds did not see the " + rows.size() + " broken rows of " + victim + " ("
                        + repairsBeforeScrub + " repairs) until a scrub reported its " + Figures.number(scrubbedRows)
                        + " rows in " + Figures.seconds(scrubMs));
    }
}

package io.trueup.status;

import static io.trueup.status.Reports.GRACE_MS;
import static io.trueup.status.Reports.INTERVAL_MS;
import static io.trueup.status.Reports.TIMES;
import static io.trueup.status.Reports.report;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Equal is said if and only if a report proves it of late and no difference is known at that cut or later: whatever is reported twice,
 * late, in another order, of a cut that is not over, without an owner, or with the owners of another placement.
 */
class EqualityPropertyTest {

    private static final List<String> NAMES = List.of("ap", "eu", "jp", "us");
    private static final Outcome[] OUTCOMES = Outcome.values();

    /** Long histories exceed what is kept apart: then sums are kept. */
    @Property(tries = 300)
    void shouldSayEqualOnlyWithProofAndWithoutALaterDifference(@ForAll long seed) {
        Random random = new Random(seed);
        List<String> owners = random.nextBoolean() ? List.of("ap", "eu", "us") : List.of("eu", "us");
        int lastRound = random.nextInt(8) == 0 ? 80 : 12;
        long nowMs = Reports.cut(lastRound) + random.nextLong(3 * INTERVAL_MS);
        List<RoundReport> reports = reports(random, lastRound);
        long unreadMs = random.nextInt(4) == 0 ? nowMs - random.nextLong(GRACE_MS + 8 * INTERVAL_MS) : Long.MIN_VALUE;
        ReportedRounds rounds = new ReportedRounds(TIMES, 1, partition -> owners);
        reports.forEach(report -> rounds.take(report, nowMs));
        if (unreadMs != Long.MIN_VALUE) {
            rounds.unread(OptionalInt.of(0), unreadMs, nowMs, "");
        }

        DatasetStatus status = rounds.at(nowMs, "shop", false);

        OptionalLong equalMs = provedMs(reports, owners, nowMs);
        assertThat(status.partitions().get(0).cuts().equalMs()).isEqualTo(equalMs);
        boolean equal = equalMs.isPresent()
                && equalMs.getAsLong() >= nowMs - GRACE_MS - 4 * INTERVAL_MS
                && !isDifferent(reports, owners, equalMs.getAsLong(), nowMs)
                && (unreadMs == Long.MIN_VALUE || equalMs.getAsLong() >= unreadMs - GRACE_MS - 2 * INTERVAL_MS);
        assertThat(status.state() == State.EQUAL).isEqualTo(equal);
        if (!equal) {
            assertThat(status.sentence()).doesNotContain("are equal as of");
        }
    }

    /** The reports in the order in which they are read. */
    private static List<RoundReport> reports(Random random, int lastRound) {
        List<RoundReport> reports = new ArrayList<>();
        Set<String> silent = random.nextInt(3) == 0 ? Set.of("ap") : Set.of();
        for (int round = 0; round < lastRound + 4; round++) {
            boolean mostlyEqual = random.nextInt(4) > 0;
            for (String replica : NAMES) {
                List<String> heard = new ArrayList<>(NAMES);
                heard.remove(replica);
                heard.removeAll(silent);
                heard.removeIf(name -> random.nextInt(8) == 0);
                Outcome outcome = mostlyEqual && random.nextInt(8) > 0 ? Outcome.EQUAL : OUTCOMES[random.nextInt(5)];
                if (!silent.contains(replica) && random.nextInt(6) > 0) {
                    reports.add(report(replica, round, outcome, heard.toArray(String[]::new))
                            .build());
                }
            }
        }
        for (int i = reports.size() / 4; i > 0; i--) {
            reports.add(random.nextInt(reports.size()), reports.get(random.nextInt(reports.size())));
        }
        if (random.nextBoolean()) {
            Collections.shuffle(reports, random);
        }
        return reports;
    }

    private static OptionalLong provedMs(List<RoundReport> reports, List<String> owners, long nowMs) {
        return reports.stream()
                .filter(report -> report.getCut() <= nowMs && owners.contains(report.getReplica()))
                .filter(report -> report.getOutcome() == Outcome.EQUAL)
                .filter(report -> {
                    Set<String> left = new HashSet<>(owners);
                    left.remove(report.getReplica());
                    left.removeAll(report.getHeard());
                    return left.isEmpty();
                })
                .mapToLong(RoundReport::getCut)
                .max();
    }

    private static boolean isDifferent(List<RoundReport> reports, List<String> owners, long fromMs, long nowMs) {
        return reports.stream()
                .filter(report -> report.getCut() <= nowMs && owners.contains(report.getReplica()))
                .anyMatch(report -> report.getOutcome() == Outcome.DIVERGENT && report.getCut() >= fromMs);
    }
}

package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.reconcile.RoundSummary.DivergentKey;
import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.sent.RepairAnswers;
import io.trueup.reconcile.sent.RepairIds;
import io.trueup.reconcile.settings.RepairWindows;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.MapTable;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundSummaryBuilderTest {

    private static final Hash128 KEY = new Hash128(1, 2);

    private static final RoundSummary.Resting RESTING =
            new RoundSummary.Resting(Map.of("ap", 9L), Map.of("eu", new RepairWindows.Window(10, 0, 0)));

    private final MapTable table = new MapTable();
    private RoundSummaryBuilder builder = new RoundSummaryBuilder(table);
    private final RepairAnswers answers = new RepairAnswers(
            TestSettings.settings("eu", "us"),
            new RepairIds(TestSettings.settings("eu", "us"), new KeyedHash(TestSettings.SECRET)),
            afterMs -> {});

    @Test
    void shouldReportWhatWasCountedSinceTheLastReport() {
        countEverything();

        RoundSummary summary = build(5);

        assertThat(summary.peers().disagreeing()).containsExactly("jp");
        assertThat(summary.comparison().divergences()).isEqualTo(Map.of(Divergence.MISSING, 2L, Divergence.STALE, 1L));
        assertThat(summary.comparison().sample())
                .extracting(DivergentKey::action)
                .containsExactly(Action.WAITING, Action.PACED, Action.EMITTED);
        assertThat(summary.repairs())
                .isEqualTo(new RoundSummary.Repairs(
                        Map.of("us", 2L), 2, 1, 1, 1, Map.of("eu", 7L), Map.of("us", 8L), RESTING));
        assertThat(summary.upkeep()).isEqualTo(new RoundSummary.Upkeep(1, 3, 4, 5));
    }

    @Test
    void shouldCountAnewAfterAReport() {
        countEverything();
        RoundSummary first = build(5);

        RoundSummary second = build(8);

        assertThat(second.peers().disagreeing()).isEmpty();
        assertThat(second.comparison().divergences()).isEmpty();
        assertThat(second.comparison().sample()).isEmpty();
        assertThat(second.repairs())
                .isEqualTo(new RoundSummary.Repairs(Map.of(), 0, 0, 0, 0, Map.of("eu", 7L), Map.of("us", 8L), RESTING));
        assertThat(second.upkeep()).isEqualTo(new RoundSummary.Upkeep(0, 0, 0, 3));
        assertThat(first.comparison().divergences()).as("an earlier report").hasSize(2);
        assertThat(first.repairs().sent()).as("an earlier report").hasSize(1);
    }

    @Test
    void shouldKeepTheFirst32DivergencesAsExamples() {
        for (int i = 0; i < 40; i++) {
            builder.did(Action.PACED, new Hash128(0, i), null, missing(), null);
        }

        RoundSummary summary = build(0);

        assertThat(summary.comparison().sample())
                .hasSize(32)
                .last()
                .satisfies(example -> assertThat(example.keyHash()).isEqualTo(new Hash128(0, 31).toString()));
        assertThat(summary.repairs().waiting()).isEqualTo(40);
    }

    @Test
    void shouldCountRoundsWithoutAComparisonThoseThatWereNeverDueIncluded() {
        assertThat(build(0, Outcome.SKIPPED).roundsWithoutComparison()).isEqualTo(1);
        assertThat(build(0, Outcome.ALONE).roundsWithoutComparison()).isEqualTo(2);
        builder.missed(4_319);
        assertThat(build(0, Outcome.SKIPPED).roundsWithoutComparison()).isEqualTo(4_322);
        assertThat(build(0, Outcome.EQUAL).roundsWithoutComparison()).isZero();
        assertThat(build(0, Outcome.LAGGING).roundsWithoutComparison()).isEqualTo(1);
    }

    /** A job that restarts within the rounds of the alarm would never warn. */
    @Test
    void shouldCountOnAfterARestart() {
        build(0, Outcome.ALONE);
        build(0, Outcome.SKIPPED);

        builder = new RoundSummaryBuilder(table);
        assertThat(build(0, Outcome.SKIPPED).roundsWithoutComparison()).isEqualTo(3);
        build(0, Outcome.EQUAL);

        builder = new RoundSummaryBuilder(table);
        assertThat(build(0, Outcome.ALONE).roundsWithoutComparison()).isEqualTo(1);
    }

    @Test
    void shouldNameTheSettingWhereNearlyAllDivergencesAreOfEqualValues() {
        find(10, stale(new Hash128(3, 4)));
        find(2, stale(new Hash128(5, 6)));
        assertThat(build(0).note())
                .isEqualTo(
                        "10 of 12 divergences are of equal values, under other versions or with another expiry: if each side"
                                + " gives versions of its own, set compare=value");
        assertThat(build(0).note()).as("counting starts anew").isNull();

        find(10, stale(new Hash128(3, 4)));
        find(3, missing());
        assertThat(build(0).note()).as("others differ, too").isNull();

        find(9, stale(new Hash128(3, 4)));
        assertThat(build(0).note()).as("few").isNull();
    }

    private void find(int count, Finding finding) {
        for (int i = 0; i < count; i++) {
            builder.found(finding.kind());
            builder.did(Action.EMITTED, KEY, null, finding, "eu");
        }
    }

    /** The winner has the digest (3, 4). */
    private static Finding stale(Hash128 digest) {
        EntrySummary observed = new EntrySummary(KEY, 0, 0, 0, Entry.NEVER, false, digest);
        return new Finding("us", Divergence.STALE, missing().winner(), observed, List.of("eu"), null);
    }

    private void countEverything() {
        builder.found(Divergence.MISSING);
        builder.found(Divergence.MISSING);
        builder.found(Divergence.STALE);
        builder.did(Action.WAITING, KEY, null, missing(), null);
        builder.did(Action.PACED, KEY, null, missing(), "eu");
        builder.did(Action.EMITTED, KEY, null, missing(), "eu");
        builder.emitted("us");
        builder.emitted("us");
        builder.failed();
        builder.probed();
        builder.forgot(3);
        builder.dropped(4);
        builder.disagreed("jp");
        answers.sent(KEY, new RepairAnswers.Sent("verified", 1, null, true, 1_000, 0), null);
        answers.written(KEY, "verified", tombstone(1));
        answers.sent(KEY, new RepairAnswers.Sent("declined", 5, null, true, 1_000, 0), null);
        answers.written(KEY, "declined", tombstone(4));
    }

    private static Entry tombstone(long version) {
        return new Entry(new byte[] {1}, version, 0, 0, 0, Entry.NEVER, true, true, Hash128.ZERO, 0);
    }

    private static Finding missing() {
        EntrySummary winner = new EntrySummary(KEY, 1, 0, 0, Entry.NEVER, false, new Hash128(3, 4));
        return new Finding("us", Divergence.MISSING, winner, null, List.of("eu"), null);
    }

    private RoundSummary build(long clamped) {
        return build(clamped, Outcome.DIVERGENT);
    }

    private RoundSummary build(long clamped, Outcome outcome) {
        RoundSummaryBuilder.Observed observed = new RoundSummaryBuilder.Observed(
                List.of("us"),
                List.of(),
                List.of(),
                new RoundSummary.Holdings("", 1, 1, 0, Map.of()),
                1,
                1,
                0,
                Map.of("eu", 7L),
                Map.of("us", 8L),
                RESTING,
                new RoundSummary.Control(1, 100),
                new RoundSummary.Timing(0, 0));
        return builder.build(1, 0, outcome, null, observed, answers, clamped);
    }
}

package io.trueup.reconcile.rule;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Rounds every 10 s, grace 1 s, patience 10 s; tombstones are kept for 60 s. */
class HotKeysTest {

    private static final long CUT = 1_000_000;
    private static final Hash128 KEY = new Hash128(1, 2);

    private final Settings settings = TestSettings.settings("ap", "us")
            .changed()
            .tombstoneRetentionMs(60_000)
            .build();
    private final Resolver resolver = new Resolver(settings, List.of("ap", "us"));
    private final HotKeys hotKeys = new HotKeys(settings, resolver);

    @Test
    void shouldNotWaitForEachNewWriteOfAKeyOnceTheFirstOneIsMissed() {
        assertThat(findings(CUT, live(5, CUT - 5_000), null)).allMatch(Finding::waiting);

        assertThat(findings(CUT + 10_000, live(6, CUT + 5_000), null))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.target()).isEqualTo("us");
                    assertThat(finding.winner().version()).isEqualTo(6);
                    assertThat(finding.waiting()).isFalse();
                });
    }

    @Test
    void shouldWaitForANewWriteIfADeleteMayHaveBeenForgottenSinceTheLastComparison() {
        assertThat(findings(CUT, live(5, CUT - 5_000), null)).allMatch(Finding::waiting);

        assertThat(findings(CUT + 60_000, live(6, CUT + 55_000), null, hasForgotten(CUT + 54_999, CUT - 5_000)))
                .singleElement()
                .satisfies(finding -> assertThat(finding.waiting()).isTrue());
    }

    /** Where many keys differ, a key is compared in some rounds only. */
    @Test
    void shouldNotWaitForANewWriteIfNoDeleteWasForgottenSinceTheReferenceHoweverLongAgoItWasCompared() {
        assertThat(findings(CUT, live(5, CUT - 5_000), null)).allMatch(Finding::waiting);

        assertThat(findings(CUT + 60_000, live(6, CUT + 55_000), null, hasForgotten(CUT + 54_999, CUT - 15_000)))
                .singleElement()
                .satisfies(finding -> assertThat(finding.waiting()).isFalse());
    }

    @Test
    void shouldNotWaitForATargetThatStillHoldsAnOlderEntryHoweverLongAgoItWasCompared() {
        assertThat(findings(CUT, live(5, CUT - 5_000), live(3, CUT - 50_000))).allMatch(Finding::waiting);

        assertThat(findings(CUT + 60_000, live(6, CUT + 55_000), live(3, CUT - 50_000)))
                .singleElement()
                .satisfies(finding -> assertThat(finding.waiting()).isFalse());
    }

    /** Its state was built again from a topic that keeps deletes for a short time only. */
    @Test
    void shouldWaitForANewWriteIfTheDeleteOfTheOneBeforeMayBeMissingInTheStateOfTheTarget() {
        assertThat(findings(CUT, live(5, CUT - 5_000), null)).allMatch(Finding::waiting);

        Evidence rebuilt = new Evidence(
                CUT, CUT, Settings.Progress.WRITES, Evidence.NONE, CUT - 5_001, Evidence.NONE, Evidence.NONE);
        assertThat(findings(CUT + 10_000, live(6, CUT + 5_000), null, rebuilt)).allMatch(Finding::waiting);
        assertThat(findings(CUT + 20_000, live(6, CUT + 5_000), null, rebuilt))
                .singleElement()
                .satisfies(finding -> assertThat(finding.waiting()).isFalse());
    }

    /** Its position is ahead, so nothing says whether it was written after the deletes that the state of the target may lack. */
    @Test
    void shouldKeepAReferenceWhileTheNewestEntryMayHaveBeenDeleted() {
        long seen = CUT - 50_000;
        Evidence rebuilt =
                new Evidence(seen, seen, Settings.Progress.WRITES, Evidence.NONE, seen, Evidence.NONE, Evidence.NONE);
        assertThat(findings(CUT, live(5, CUT - 5_000), null, rebuilt)).allMatch(Finding::waiting);
        assertThat(findings(CUT + 10_000, dated(6, CUT + 900_000, CUT + 12_000), null, rebuilt))
                .as("its newest entry may have been deleted")
                .isEmpty();

        assertThat(findings(CUT + 20_000, live(7, CUT + 22_000), null, rebuilt))
                .singleElement()
                .satisfies(finding -> assertThat(finding.waiting()).isFalse());
    }

    /** It was written while a clock was a day ahead. */
    @Test
    void shouldNotWaitForATimeThatAWrongClockHasShown() {
        long day = 86_400_000;
        assertThat(findings(CUT, dated(5, CUT - 5_000, CUT + day), live(3, CUT - 50_000)))
                .isEmpty();
        assertThat(findings(CUT + 10_000, live(6, CUT + 12_000), live(3, CUT - 50_000)))
                .as("6 is the reference")
                .isEmpty();

        assertThat(findings(CUT + 20_000, live(7, CUT + 22_000), live(3, CUT - 50_000)))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.waiting()).isFalse();
                    assertThat(finding.winner().version()).isEqualTo(7);
                });
    }

    /** The watermark of {@code us} lies just before the newest write. */
    private List<Finding> findings(long cutMs, EntrySummary ap, EntrySummary us) {
        return findings(cutMs, ap, us, seen(ap.positionMs() - 1));
    }

    private List<Finding> findings(long cutMs, EntrySummary ap, EntrySummary us, Evidence ofUs) {
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", ap);
        entries.put("us", us);
        return hotKeys.findings(
                KEY, resolver.key(cutMs, entries, Map.of("ap", seen(cutMs), "us", ofUs), KeyAtCut.Approvals.NONE));
    }

    private static Evidence hasForgotten(long positionMs, long diedMs) {
        return new Evidence(
                positionMs, positionMs, Settings.Progress.WRITES, Evidence.NONE, Evidence.NONE, diedMs, Evidence.NONE);
    }

    private static Evidence seen(long positionMs) {
        return Evidence.of(positionMs, positionMs);
    }

    private static EntrySummary live(long version, long positionMs) {
        return dated(version, positionMs, positionMs);
    }

    private static EntrySummary dated(long version, long positionMs, long appendTimeMs) {
        return new EntrySummary(
                KEY, version, positionMs, appendTimeMs, Entry.NEVER, false, new Hash128(version, version));
    }
}

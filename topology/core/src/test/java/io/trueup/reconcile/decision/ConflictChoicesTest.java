package io.trueup.reconcile.decision;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.rule.KeyAtCut;
import io.trueup.reconcile.rule.Resolver;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.MapTable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ConflictChoicesTest {

    private static final long CUT = 1_000_000;
    private static final Hash128 KEY = new Hash128(1, 2);

    private final Settings settings = TestSettings.settings("ap", "eu", "jp", "uk", "us");
    private final Resolver resolver = new Resolver(settings, List.of("ap", "eu", "jp", "uk", "us"));
    private final ConflictChoices choices = new ConflictChoices(settings, new MapTable());
    private final EntrySummary held = live(7, CUT - 90_000);
    private final EntrySummary deleted =
            new EntrySummary(KEY, 7, CUT - 90_000, CUT - 5_000, Entry.NEVER, true, Hash128.ZERO);

    /** A person has chosen that ap holds nothing, at a time when ap and uk alone were heard. */
    private void chooseTheAbsenceOfAp(long heardMs) {
        choices.chosen(KEY, new Choice(new byte[1], "ap", Long.MIN_VALUE, Hash128.ZERO, null, CUT + 60_000), heardMs);
    }

    private List<Finding> decided(EntrySummary ap, EntrySummary eu, EntrySummary uk, EntrySummary us) {
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", ap);
        entries.put("eu", eu);
        entries.put("jp", eu);
        entries.put("uk", uk);
        entries.put("us", us);
        Evidence seen = Evidence.of(CUT + 1_000, CUT + 1_000);
        KeyAtCut key = resolver.key(
                CUT,
                entries,
                Map.of("ap", seen, "eu", seen, "jp", seen, "uk", seen, "us", seen),
                KeyAtCut.Approvals.NONE);
        List<Finding> findings = resolver.findings(key);
        assertThat(findings).isNotEmpty().noneMatch(Finding::isConflict);
        return choices.decide(KEY, key, findings, resolver, CUT);
    }

    @Test
    void shouldNotFillAReplicaWhoseAbsenceAPersonHasChosen() {
        chooseTheAbsenceOfAp(CUT - 10_000);

        assertThat(decided(null, held, deleted, held)).hasSize(3).allSatisfy(finding -> {
            assertThat(finding.kind()).isEqualTo(Divergence.UNDELETED);
            assertThat(finding.target()).isIn("eu", "jp", "us");
        });
    }

    @Test
    void shouldLetAnEntryWinThatWasWrittenAfterItsAbsenceWasChosen() {
        chooseTheAbsenceOfAp(CUT - 10_000);
        EntrySummary later = live(8, CUT - 5_000);

        assertThat(decided(null, held, deleted, later))
                .isNotEmpty()
                .allSatisfy(finding -> assertThat(finding.winner()).isEqualTo(later));
    }

    @Test
    void shouldLetRulesDecideOnceTheReplicaWhoseAbsenceWasChosenHoldsTheKey() {
        chooseTheAbsenceOfAp(CUT - 10_000);

        assertThat(decided(held, held, deleted, held))
                .singleElement()
                .satisfies(finding -> assertThat(finding.kind()).isEqualTo(Divergence.CORRUPT));
    }

    private static EntrySummary live(long version, long positionMs) {
        return new EntrySummary(KEY, version, positionMs, positionMs, Entry.NEVER, false, new Hash128(9, version));
    }
}

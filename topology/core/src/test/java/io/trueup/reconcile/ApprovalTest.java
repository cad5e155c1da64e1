package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message.Approval;
import io.trueup.reconcile.exchange.Message.Scope;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.settings.Settings.Resolution;
import io.trueup.reconcile.settings.TestSettings;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The primary {@code eu} proves nothing: a person approves that what {@code us} holds is deleted. */
class ApprovalTest {

    private static final long DAY_MS = 86_400_000;

    private final Cluster cluster = new Cluster(1, TestSettings.settings(Resolution.PRIMARY, "eu", false, "eu", "us"));

    @Test
    void shouldReplaceWithoutAProofOnlyWhatWasWrittenBeforeTheApproval() {
        approveAt(0);
    }

    @Test
    void shouldNotCoverLaterWritesIfTheClockOfTheCommandIsAhead() {
        approveAt(DAY_MS);
    }

    private void approveAt(long aheadMs) {
        cluster.stalled.add("eu");
        cluster.write("us", "old", 7, cluster.nowMs, "found");
        cluster.rounds(4);
        assertThat(cluster.repairs).as("no proof").isEmpty();
        assertThat(listed()).containsExactly("old");

        Approval approval = new Approval("us", Scope.UNPROVEN, cluster.nowMs + DAY_MS);
        cluster.commandAt("old", cluster.nowMs + aheadMs, approval);
        cluster.rounds(1);
        assertThat(cluster.held("us", "old").deleted()).isTrue();

        cluster.write("us", "new", 8, cluster.nowMs, "found later");
        cluster.rounds(4);
        assertThat(cluster.held("us", "new").deleted()).isFalse();
        assertThat(listed()).containsExactly("old", "new");
    }

    private List<String> listed() {
        return cluster.conflicts.stream()
                .filter(conflict -> conflict.reason() == Conflict.Reason.NOT_SEEN)
                .map(conflict -> new String(conflict.key(), UTF_8))
                .distinct()
                .toList();
    }
}

package io.trueup.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.State;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.SettledComparison;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.HeaderNames;
import io.trueup.topic.GapCause;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Write;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an audit of one partition can know and what it cannot. */
class PartitionAuditTest {

    private final WritesTopics topics = new WritesTopics("eu", "us");
    private final WritesTopics.Topic eu = topics.of("eu");
    private final WritesTopics.Topic us = topics.of("us");

    // scans

    @Test
    void shouldBelieveAWholeScan() {
        us.put("lost", 1);
        topics.each(topic -> topic.put("kept", 1));
        us.scanStart("s").row("s", 2, "kept", 1).scanEnd("s", 2, 1);

        assertEqual();
    }

    @Test
    void shouldNotLetARowReplaceAWriteSinceItsScanBegan() {
        us.scanStart("s").put("key", 2).row("s", 0, "key", 1).scanEnd("s", 0, 1);
        eu.put("key", 2);

        assertEqual();
    }

    @Test
    void shouldDoubtWhereTheStartOfAScanWasCompactedAway() {
        topics.each(topic -> topic.put("lost", 1).put("kept", 1));
        us.gap(1).row("s", 2, "kept", 1).scanEnd("s", 2, 1);

        assertDoubted("orders.us-0@4 ends a scan whose beginning at offset 2 is not there");
    }

    @Test
    void shouldDoubtWhereRowsOfAScanWereCompactedAway() {
        topics.each(topic -> topic.put("lost", 1).put("kept", 1));
        us.scanStart("s").gap(1).scanEnd("s", 2, 1).put("kept", 2);
        eu.put("kept", 2);

        assertDoubted("orders.us-0@4 ends a scan of 1 rows, not all of which are there");
    }

    @Test
    void shouldDoubtWhereRowsAreMissingThoughNoOffsetIs() {
        topics.each(topic -> topic.put("lost", 1).put("kept", 1));
        us.scanStart("s").row("s", 2, "kept", 1).scanEnd("s", 2, 2);

        assertDoubted("ends a scan of 2 rows");
    }

    @Test
    void shouldDoubtWhereOfAScanOnlyRowsAreLeft() {
        topics.each(topic -> topic.put("lost", 1));
        us.gap(1).row("s", 1, "kept", 1).gap(1).progress();
        eu.put("kept", 1);

        assertDoubted("orders.us-0@2 is a row of the scan that began at offset 1");
    }

    @Test
    void shouldDoubtARowThatMayHaveOutlivedANewerWrite() {
        us.scanStart("s").gap(1).row("s", 0, "key", 1).scanEnd("s", 0, 1);
        eu.put("key", 1);

        assertDoubted("a newer write of its key");
    }

    @Test
    void shouldDoubtWhereTheEndOfAScanMayHaveGivenWayToTheStartOfTheNext() {
        topics.each(topic -> topic.put("lost", 1));
        us.gap(2).scanStart("next");

        assertDoubted("orders.us-0@3 begins a scan");
    }

    @Test
    void shouldBelieveAWholeScanThatFollowsOneOfWhichRecordsAreMissing() {
        topics.each(topic -> topic.put("kept", 1));
        us.put("lost", 1)
                .gap(1)
                .scanEnd("first", 2, 0)
                .scanStart("second")
                .row("second", 4, "kept", 1)
                .scanEnd("second", 4, 1);

        assertEqual();
    }

    @Test
    void shouldNotTakeAScanThatBrokeOffForAReasonToDoubt() {
        topics.each(topic -> topic.put("key", 1));
        us.scanStart("s").row("s", 1, "key", 1).progress();

        assertEqual();
    }

    @Test
    void shouldJudgeACompactedTopicThatWasNeverScanned() {
        topics.each(topic -> topic.gap(3).put("key", 4).gap(2).progress());

        assertEqual();
    }

    @Test
    void shouldDoubtAScanInATopicThatMayHaveBeenCompactedOnce() {
        topics.each(topic -> topic.gapCause(GapCause.UNCLEAR).put("lost", 1));
        us.gap(2).scanStart("next");

        assertDoubted("begins a scan");
    }

    @Test
    void shouldBelieveAScanInATopicInWhichAKeyCameTwiceBeforeItSoThatItWasNotCompactedUpToThere() {
        topics.each(
                topic -> topic.gapCause(GapCause.UNCLEAR).put("key", 1).gap(1).put("key", 2));
        us.put("lost", 1)
                .gap(1)
                .scanStart("s")
                .gap(1)
                .row("s", 5, "key", 2)
                .gap(1)
                .scanEnd("s", 5, 1);

        assertEqual();
    }

    @Test
    void shouldBelieveAScanInATransactionalTopicThatNeverWasCompacted() {
        us.gapCause(GapCause.TRANSACTIONS)
                .put("lost", 1)
                .gap(1)
                .scanStart("s")
                .gap(1)
                .scanEnd("s", 2, 0);

        assertEqual();
    }

    @Test
    void shouldDoubtScansAlikeHoweverLittleMemoryThereIs() {
        topics.memoryBytes = 40 << 10;
        for (int i = 0; i < 2_000; i++) {
            String key = "key-" + i;
            topics.each(topic -> topic.put(key, 1));
        }
        us.gap(1).scanEnd("s", 2_000, 0);

        PartitionAudit audit = assertDoubted("ends a scan whose beginning at offset 2000 is not there");
        assertThat(audit.passes()).isGreaterThan(1);
    }

    // earlier moments

    @Test
    void shouldDoubtTheStateBeforeWhatACompactedTopicHasReplaced() {
        topics.each(topic -> topic.put("other", 1).gap(1).at(100).put("key", 2));

        assertThat(topics.asOf(50).divergent()).isEmpty();
        assertThat(topics.caveats.doubts()).hasSize(2).allMatch(doubt -> doubt.contains("compacted away since"));
    }

    @Test
    void shouldDoubtAnEarlierStateWhereTheTopicMayHaveBeenCompactedOnce() {
        topics.each(topic ->
                topic.gapCause(GapCause.UNCLEAR).put("other", 1).gap(1).at(100).put("key", 2));

        topics.asOf(50);

        assertThat(topics.caveats.doubts()).hasSize(2).allMatch(doubt -> doubt.contains("--never-compacted"));
    }

    @Test
    void shouldKnowAnEarlierStateWhereAKeyCameTwiceSoThatNothingWasReplacedByWhatCameLater() {
        topics.each(topic -> topic.gapCause(GapCause.UNCLEAR)
                .put("key", 1)
                .gap(1)
                .put("key", 2)
                .at(100)
                .put("key", 3));

        assertThat(topics.asOf(50).divergent()).isEmpty();
        assertThat(topics.caveats.doubts()).isEmpty();
    }

    @Test
    void shouldKnowAnEarlierStateOfATransactionalTopicThatNeverWasCompacted() {
        topics.each(topic -> topic.gapCause(GapCause.TRANSACTIONS)
                .put("key", 1)
                .gap(1)
                .at(100)
                .put("key", 2));

        topics.asOf(50);

        assertThat(topics.caveats.doubts()).isEmpty();
    }

    @Test
    void shouldDoubtTheStateAtAnOffsetBehindWhichRecordsMayHaveReplacedOthers() {
        topics.each(topic -> topic.put("other", 1).gap(1).put("key", 2).upTo(2));

        topics.latest();

        assertThat(topics.caveats.doubts()).hasSize(2).allMatch(doubt -> doubt.contains("compacted away since"));
    }

    @Test
    void shouldReportWhereAllRecordsAreLater() {
        us.at(100).put("key", 1);

        PartitionAudit audit = topics.asOf(50);

        assertThat(audit.isAllLater(0)).as("eu has nothing at all").isFalse();
        assertThat(audit.isAllLater(1)).isTrue();
    }

    // since

    @Test
    void shouldNameTheExactOriginOnlyWhereNothingIsMissing() {
        eu.put("key", 1).put("key", 2);
        us.put("key", 1);

        assertThat(isExact()).isTrue();
    }

    @Test
    void shouldNotCallAnOriginExactWhereRecordsMayBeMissing() {
        eu.gap(1).put("key", 2);
        us.put("key", 1);

        assertThat(isExact()).isFalse();
    }

    @Test
    void shouldNotCallAnOriginExactWhereTheTopicMayHaveBeenCompactedOnce() {
        eu.gapCause(GapCause.UNCLEAR).gap(1).put("key", 2);
        us.put("key", 1);

        assertThat(isExact()).isFalse();
    }

    @Test
    void shouldCallAnOriginExactWhereTheTopicWasNotCompactedUpToTheFirstGap() {
        eu.gapCause(GapCause.UNCLEAR).put("key", 1).put("key", 2).gap(1).put("key", 3);
        us.put("key", 1);

        assertThat(isExact()).isTrue();
    }

    @Test
    void shouldNotCallAnOriginExactWhereTheBeginningIsDeleted() {
        eu.startingAt(5).put("key", 2);
        us.put("key", 1);

        assertThat(isExact()).isFalse();
    }

    @Test
    void shouldNotCallAnOriginExactWhereARecordCannotBeRead() {
        eu.put("key", 1).unreadable().put("key", 2);
        us.put("key", 1);

        assertThat(isExact()).isFalse();
        assertThat(topics.caveats.doubts()).anyMatch(doubt -> doubt.contains("1 record of orders.eu-0 cannot be read"));
    }

    @Test
    void shouldNotLetTheFormerEntryOfThePrimaryWinWhereItsLastRecordCannotBeRead() {
        topics.resolution = Settings.Resolution.PRIMARY;
        eu.put("key", 1).unreadable();
        us.put("key", 2);

        DivergentKey key = topics.described(topics.latest()).get(0);

        assertThat(key.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.kind()).isEqualTo(Divergence.CONFLICT);
            assertThat(finding.holders()).isEmpty();
        });
        assertThat(key.entries().get("eu"))
                .hasValueSatisfying(entry -> assertThat(entry.state()).isEqualTo(State.UNREAD));
    }

    // records of which only the key can be read

    @Test
    void shouldNotTakeUnreadableRecordsOfTwoReplicasForTheSameWhereTheirTopicsHaveOneName() {
        topics.each(topic -> topic.named("orders").put("key", 1).unreadable());

        assertThat(topics.latest().divergentKeys()).isEqualTo(1);
    }

    @Test
    void shouldGiveAnUnreadableRecordTheDigestThatItsReconcilerGivesIt() {
        us.put("key", 1).unreadable();
        Write asTheJob = Write.unread(
                new KeyedHash("a secret of this test".getBytes(UTF_8)),
                "us",
                "key".getBytes(UTF_8),
                new byte[] {1, 2, 3},
                1,
                0);

        assertThat(topics.described(topics.latest()).get(0).entries().get("us"))
                .hasValueSatisfying(entry -> assertThat(entry.digest()).isEqualTo(asTheJob.digest()));
    }

    @Test
    void shouldNotTakeTheKeyOfAnUnreadableMarkerForOneOfTheDataset() {
        us.unreadable(HeaderNames.progressKey()).unreadable(HeaderNames.scanKey());

        assertThat(topics.latest().divergentKeys()).isZero();
        assertThat(topics.caveats.doubts()).singleElement().asString().contains("2 records of orders.us-0");
    }

    @Test
    void shouldRefuseAValueOfTheLowestVersionAsTheJobDoes() {
        topics.each(topic -> topic.put("key", Long.MIN_VALUE));

        assertThat(topics.latest().divergentKeys())
                .as("nobody knows what either holds")
                .isEqualTo(1);
        assertThat(topics.caveats.doubts()).hasSize(2).allMatch(doubt -> doubt.contains("which is reserved"));
    }

    @Test
    void shouldCountARowOfWhichOnlyTheKeyCanBeReadAsFound() {
        us.put("lost", 1);
        topics.each(topic -> topic.put("kept", 1));
        us.scanStart("s").malformedRow("s", 2, "kept").scanEnd("s", 2, 1);

        PartitionAudit audit = topics.latest();

        assertThat(topics.described(audit))
                .singleElement()
                .satisfies(key -> assertThat(key.key()).isEqualTo("kept".getBytes(UTF_8)));
        assertThat(topics.caveats.doubts()).singleElement().asString().contains("1 record of orders.us-0");
    }

    @Test
    void shouldNotLetARowOfWhichOnlyTheKeyCanBeReadReplaceAWriteSinceItsScanBegan() {
        us.scanStart("s").put("key", 2).malformedRow("s", 0, "key").scanEnd("s", 0, 1);
        eu.put("key", 2);

        assertThat(topics.latest().divergentKeys()).isZero();
    }

    // tombstones and expiry

    @Test
    void shouldTakeATombstoneForAbsence() {
        eu.put("key", 1).delete("key", 2);

        assertEqual();
    }

    @Test
    void shouldLetValuesExpireAtTheMomentInQuestion() {
        eu.expiring("key", 1, 50);

        assertThat(topics.asOf(49).divergentKeys()).isEqualTo(1);
        assertThat(topics.asOf(50).divergentKeys()).isZero();
    }

    // writes in flight

    @Test
    void shouldTakeAWriteForInFlightUntilTheSettleTimeHasPassed() {
        topics.each(topic -> topic.put("key", 1));
        eu.at(1_000).put("key", 2);

        assertThat(inFlight(1_029)).isTrue();
        assertThat(inFlight(1_030)).isFalse();
    }

    @Test
    void shouldTakeFirstWritesDeletesAndScansForInFlight() {
        topics.each(topic -> topic.put("deleted", 1).put("lost", 1));
        eu.at(1_000).put("new", 1).delete("deleted", 2);
        us.at(1_000).scanStart("s").row("s", 2, "deleted", 1).scanEnd("s", 2, 1);

        assertThat(described(1_029)).hasSize(3).allMatch(DivergentKey::isInFlight);
        assertThat(described(1_032)).hasSize(3).noneMatch(DivergentKey::isInFlight);
    }

    @Test
    void shouldTakeAKeyThatIsWrittenAllTheTimeForInFlightWhereAReplicaFollows() {
        for (int i = 1; i < 100; i++) {
            eu.at(10L * i).put("key", i);
            us.at(i * 10 + 15).put("key", i);
        }

        assertThat(inFlight(990)).as("they were never equal").isTrue();
        assertThat(inFlight(1_004)).isTrue();
        assertThat(described(1_005)).isEmpty();
    }

    @Test
    void shouldCountAKeyThatIsWrittenAllTheTimeWhereAReplicaDoesNotFollow() {
        for (int i = 1; i < 100; i++) {
            eu.at(10L * i).put("key", i);
        }
        us.at(15).put("key", 1);

        assertThat(inFlight(990)).isFalse();
    }

    @Test
    void shouldCountAKeyThatIsWrittenAllTheTimeWhereAReplicaIsBehindByMoreThanTheSettleTime() {
        for (int i = 1; i < 100; i++) {
            eu.at(10L * i).put("key", i);
            us.at(i * 10 + 45).put("key", i);
        }

        assertThat(inFlight(990)).isFalse();
    }

    @Test
    void shouldListOnlyReplicasWhoseDifferenceHasLasted() {
        WritesTopics three = new WritesTopics("ap", "eu", "us");
        three.settleMs = 30;
        three.of("eu").at(900).put("key", 2).at(1_000).put("key", 3);
        three.of("ap").at(900).put("key", 2);
        three.of("us").at(890).put("key", 1);

        DivergentKey key = three.described(three.asOf(1_010)).get(0);

        assertThat(key.findings())
                .extracting(SettledComparison.Difference::target)
                .containsExactly("us");
        assertThat(key.inFlight()).containsExactly("ap");
    }

    @Test
    void shouldNotTakeAReplicaThatIsAheadOfThePrimaryForBehind() {
        topics.resolution = Settings.Resolution.PRIMARY;
        for (int i = 1; i < 100; i++) {
            us.at(10L * i).put("key", i);
            eu.at(i * 10 + 15).put("key", i);
        }

        assertThat(inFlight(990)).isTrue();
    }

    @Test
    void shouldCountAReplicaThatIsNotThePrimaryHoweverOftenItRepeatsWhatItHolds() {
        topics.resolution = Settings.Resolution.PRIMARY;
        eu.at(900).put("key", 2);
        for (int i = 1; i < 100; i++) {
            us.at(10L * i).put("key", 1);
        }

        assertThat(inFlight(990)).isFalse();
    }

    /** No write in flight explains two values of one version. */
    @Test
    void shouldCountDifferentValuesOfOneVersionHoweverOftenTheKeyIsWritten() {
        for (int i = 1; i < 100; i++) {
            eu.at(10L * i).put("key", i, "right");
            us.at(10L * i + 5).put("key", i, "wrong");
        }

        assertThat(inFlight(998)).isFalse();
    }

    @Test
    void shouldCountAKeyWhoseEntriesExpireWithinTheSettleTimeWhereAReplicaNeverHasThem() {
        for (int i = 1; i < 100; i++) {
            eu.at(10L * i).expiring("key", i, 10L * i + 12);
        }

        assertThat(inFlight(998)).isFalse();
    }

    @Test
    void shouldCountAWrongValueWhoseExpiryIsPutOffAllTheTime() {
        topics.resolution = Settings.Resolution.PRIMARY;
        topics.compareValues = true;
        eu.at(100).put("key", 2);
        for (int i = 1; i < 100; i++) {
            us.at(10L * i).expiring("key", 1, 10L * i + 15);
        }

        assertThat(inFlight(998)).isFalse();
    }

    @Test
    void shouldTakeAValueForInFlightThatReturnsAfterItHasExpired() {
        topics.resolution = Settings.Resolution.PRIMARY;
        topics.compareValues = true;
        eu.at(100).put("key", 2);
        us.at(100).expiring("key", 1, 900).at(990).expiring("key", 1, 2_000);

        assertThat(inFlight(998)).as("us may be ahead of the primary since 990").isTrue();
    }

    @Test
    void shouldCountWritesWhoseTimestampsAreAheadOfTheClock() {
        topics.settleMs = 30;
        topics.each(topic -> topic.put("key", 1).put("soon", 1));
        eu.at(1_000_030).put("soon", 2).at(1_000_031).put("key", 2);

        List<DivergentKey> described = topics.described(topics.latest());

        assertThat(described)
                .extracting(key -> new String(key.key(), UTF_8), DivergentKey::isInFlight)
                .containsExactlyInAnyOrder(tuple("soon", true), tuple("key", false));
        assertThat(topics.caveats.notes())
                .hasSize(1)
                .first()
                .asString()
                .contains("0.03 s ahead of this machine's clock");
    }

    private boolean inFlight(long ms) {
        List<DivergentKey> described = described(ms);
        assertThat(described).hasSize(1);
        return described.get(0).isInFlight();
    }

    private List<DivergentKey> described(long ms) {
        topics.settleMs = 30;
        return topics.described(topics.asOf(ms));
    }

    // bounds

    @Test
    void shouldKeepTheLowestHashesAndCountAllHoweverOftenItReads() {
        for (int i = 0; i < 2_000; i++) {
            eu.put("key-" + i, 1);
        }
        topics.maxHashes = 7;
        PartitionAudit once = topics.latest();
        topics.memoryBytes = 40 << 10;
        PartitionAudit divided = topics.latest();

        assertThat(divided.passes()).isGreaterThan(1);
        assertThat(once.divergentKeys()).isEqualTo(2_000);
        assertThat(divided.divergentKeys()).isEqualTo(2_000);
        assertThat(once.divergent()).hasSize(7).isSorted().isEqualTo(divided.divergent());
    }

    @Test
    void shouldDescribeLongKeysAFewAtATime() {
        for (int i = 0; i < 64; i++) {
            eu.put("k".repeat(1_000) + i, 1);
        }
        topics.memoryBytes = 64 << 10;
        PartitionAudit audit = topics.latest();
        int before = topics.readings;

        List<DivergentKey> described = topics.described(audit);

        assertThat(described).hasSize(64);
        assertThat(topics.readings - before).isGreaterThan(2);
    }

    @Test
    void shouldExpectEachFurtherReadingBeforeItBegins() {
        for (int i = 0; i < 3_000; i++) {
            String key = "key-" + i;
            topics.each(topic -> topic.put(key, 1));
        }
        eu.put("only-eu", 1);
        topics.memoryBytes = 60 << 10;
        topics.beforeReading = number -> assertThat(topics.progress.expected() - topics.progress.passed())
                .as("before reading %d", number)
                .isGreaterThanOrEqualTo(6_000);

        PartitionAudit audit = topics.latest();
        topics.described(audit);

        assertThat(audit.passes()).isGreaterThan(2);
        assertThat(topics.progress.passed()).isEqualTo(topics.progress.expected());
    }

    private boolean isExact() {
        List<DivergentKey> described = topics.described(topics.latest());
        assertThat(described).hasSize(1);
        return described.get(0).since().exact();
    }

    private void assertEqual() {
        assertThat(topics.latest().divergent()).isEmpty();
        assertThat(topics.caveats.doubts()).isEmpty();
    }

    private PartitionAudit assertDoubted(String reason) {
        PartitionAudit audit = topics.latest();
        assertThat(audit.divergent()).as("nothing is seen to differ").isEmpty();
        assertThat(topics.caveats.doubts()).hasSize(1).first().asString().contains(reason);
        return audit;
    }
}

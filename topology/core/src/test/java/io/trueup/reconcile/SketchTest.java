package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Entries;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.exchange.Message.Symbols;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rounds in which replicas exchange sketches before they descend their trees. */
class SketchTest {

    private Cluster cluster;

    @BeforeEach
    void start() {
        begin(settings(128));
        load(2_000);
    }

    private static Settings settings(int symbols, String... replicas) {
        return TestSettings.settings(replicas.length == 0 ? new String[] {"ap", "eu", "us"} : replicas)
                .changed()
                .symbols(symbols)
                .build();
    }

    private void begin(Settings settings) {
        cluster = new Cluster(1, settings);
    }

    private void load(int keys) {
        for (int i = 0; i < keys; i++) {
            cluster.writeTo(cluster.replicas, "key" + i, 1, cluster.nowMs, "v");
        }
        cluster.progress();
        cluster.rounds(2);
        cluster.advance(2_000);
        cluster.progress();
        cluster.messages.clear();
        cluster.repairs.clear();
    }

    private long sent(Class<? extends Message.Body> kind) {
        return cluster.messages.stream()
                .filter(message -> kind.isInstance(message.body()))
                .count();
    }

    private void untilSent(Class<? extends Message.Body> kind) {
        while (sent(kind) == 0) {
            cluster.advance(1_000);
            cluster.progress();
        }
    }

    @Test
    void shouldExchangeOnlyTheEntriesOfTheKeysThatDiffer() {
        cluster.writeTo(List.of("ap", "us"), "key7", 2, cluster.nowMs, "w");
        cluster.writeTo(List.of("eu"), "new", 1, cluster.nowMs, "v");

        cluster.rounds(1);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs).hasSize(3);
        assertThat(sent(Level.class) + sent(Segment.class)).isZero();
        assertThat(sent(Symbols.class)).isEqualTo(3);
        assertThat(cluster.messages)
                .filteredOn(message -> message.body() instanceof Entries)
                .hasSize(3)
                .allSatisfy(message -> {
                    Entries entries = (Entries) message.body();
                    assertThat(entries.entries()).hasSize(message.replica().equals("eu") ? 2 : 1);
                    assertThat(entries.absent()).hasSize(message.replica().equals("eu") ? 0 : 1);
                });
        cluster.rounds(1);
        assertThat(cluster.reports.get(cluster.reports.size() - 1).outcome()).isEqualTo(RoundSummary.Outcome.EQUAL);
    }

    @Test
    void shouldDeleteWhereATombstoneStandsAgainstALiveEntry() {
        cluster.delete("ap", "key3", 2, cluster.nowMs);
        cluster.delete("us", "key3", 2, cluster.nowMs);

        cluster.rounds(1);

        assertThat(cluster.held("eu", "key3").deleted()).isTrue();
        assertThat(sent(Level.class) + sent(Segment.class)).isZero();
    }

    @Test
    void shouldSendMoreSymbolsWhereTheFirstDoNotDecode() {
        for (int i = 0; i < 30; i++) {
            cluster.write("eu", "key" + i, 2, cluster.nowMs, "w");
        }

        cluster.rounds(1);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs).hasSize(60);
        assertThat(sent(Level.class) + sent(Segment.class)).isZero();
        assertThat(sent(Symbols.class)).isGreaterThan(3);
    }

    /** The difference of the numbers of entries shows that more symbols are needed. */
    @Test
    void shouldSendEnoughSymbolsAtOnceWhereManyKeysAreMissing() {
        for (int i = 0; i < 20; i++) {
            cluster.write("eu", "new" + i, 1, cluster.nowMs, "v");
        }

        cluster.rounds(1);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(sent(Symbols.class)).isEqualTo(3);
    }

    /** What a round may read is read at once. */
    @Test
    void shouldDecodeASketchOfEverythingWhereTheKeptSymbolsDoNotSuffice() {
        for (int i = 0; i < 400; i++) {
            cluster.write("eu", "key" + i, 2, cluster.nowMs, "w");
            cluster.write("us", "new" + i, 1, cluster.nowMs, "w");
        }

        cluster.rounds(1);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs).hasSize(1_600);
        assertThat(sent(Level.class) + sent(Segment.class)).isZero();
        assertThat(cluster.messages)
                .anyMatch(message -> message.body() instanceof Symbols symbols
                        && symbols.segments().size() == 256);
    }

    @Test
    void shouldDecodeASketchOfTheSegmentsThatDifferWhereTheKeptSymbolsDoNotSuffice() {
        begin(settings(128, "eu", "us")
                .changed()
                .segmentBits(4)
                .maxEntriesPerRound(2_999)
                .build());
        load(3_000);
        for (int i = 0; i < 400; i++) {
            cluster.write("eu", "key" + i, 2, cluster.nowMs, "w");
        }

        cluster.rounds(1);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs).hasSize(400);
        assertThat(sent(Level.class)).isPositive();
        assertThat(sent(Segment.class)).isZero();
        assertThat(cluster.messages)
                .anyMatch(message -> message.body() instanceof Symbols symbols
                        && !symbols.segments().isEmpty());
    }

    @Test
    void shouldSendSegmentsWhereTheyHoldFewEntries() {
        begin(settings(128).changed().maxEntriesPerRound(999).build());
        load(1_000);
        for (int i = 0; i < 400; i++) {
            cluster.write("eu", "key" + i, 2, cluster.nowMs, "w");
        }

        cluster.rounds(2);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(sent(Segment.class)).isPositive();
        assertThat(sent(Entries.class)).isZero();
    }

    @Test
    void shouldDescendTheTreeAfterSettlingWhereSymbolsAreLost() {
        cluster.lose = message ->
                message.body() instanceof Symbols && message.replica().equals("eu");
        cluster.write("eu", "key7", 2, cluster.nowMs, "w");

        cluster.rounds(1);

        assertThat(sent(Level.class)).isPositive();
        assertThat(cluster.unequal()).isEmpty();
    }

    /** A reconciler of an earlier version neither sends nor understands sketches. */
    @Test
    void shouldDescendTheTreeAtOnceWithAPeerThatKnowsNoSketches() {
        begin(settings(128));
        cluster.change("us", settings -> settings.changed().symbols(0).build());
        load(2_000);
        cluster.loseAt = (message, to) ->
                to.equals("us") && (message.body() instanceof Symbols || message.body() instanceof Entries);
        cluster.write("eu", "key7", 2, cluster.nowMs, "w");
        cluster.write("us", "key8", 2, cluster.nowMs, "w");

        untilSent(Symbols.class);

        assertThat(cluster.unequal()).as("without waiting for symbols").isEmpty();
        assertThat(cluster.messages.stream()
                        .filter(message -> message.replica().equals("us"))
                        .map(Message::body))
                .noneMatch(body -> body instanceof Symbols || body instanceof Entries);
    }

    /** A tree of one segment has no hashes whose arrival would show that the peer descends. */
    @Test
    void shouldSendTheOnlySegmentAtOnceWhereAPeerSendsIt() {
        begin(settings(128).changed().segmentBits(0).build());
        cluster.change("us", settings -> settings.changed().symbols(0).build());
        load(100);
        cluster.loseAt = (message, to) ->
                to.equals("us") && (message.body() instanceof Symbols || message.body() instanceof Entries);
        cluster.write("eu", "key7", 2, cluster.nowMs, "w");
        cluster.write("us", "key8", 2, cluster.nowMs, "w");

        untilSent(Symbols.class);

        assertThat(cluster.unequal()).as("without waiting for symbols").isEmpty();
    }

    @Test
    void shouldSendTheOnlySegmentAfterSettlingWhereSymbolsAreLost() {
        Settings settings = settings(128, "eu", "us").changed().segmentBits(0).build();
        begin(settings);
        load(100);
        cluster.lose = message -> message.body() instanceof Symbols;
        cluster.write("eu", "key7", 2, cluster.nowMs, "w");

        untilSent(Symbols.class);
        cluster.advance(settings.times().settleMs());
        cluster.progress();

        assertThat(cluster.unequal()).as("before the deadline").isEmpty();
        assertThat(sent(Segment.class)).isEqualTo(2);
    }

    @Test
    void shouldJudgeAKeyAmongThoseHeardWhereEntriesAreLost() {
        cluster.lose = message ->
                message.body() instanceof Entries && message.replica().equals("us");
        cluster.writeTo(List.of("ap", "us"), "key7", 2, cluster.nowMs, "w");

        cluster.rounds(1);

        assertThat(cluster.held("eu", "key7").version()).isEqualTo(2);
        assertThat(cluster.repairs).hasSize(1);
    }

    @Test
    void shouldTakeRepeatedAndReorderedSymbolsForWhatTheyAre() {
        begin(TestSettings.bounded(settings(128, "eu", "us"), 256, 3));
        load(500);
        for (int i = 0; i < 10; i++) {
            cluster.write("eu", "key" + i, 2, cluster.nowMs, "w");
        }
        cluster.delay = message -> message.body() instanceof Symbols;
        untilSent(Symbols.class);
        cluster.releaseBackwards(2);

        assertThat(sent(Level.class)).isZero();
        assertThat(cluster.repairs).hasSize(10);
    }

    /** As many segments are compared as a round may, and the others in the next ones. */
    @Test
    void shouldCompareNoMoreKeysInARoundThanAllowed() {
        begin(settings(128, "eu", "us").changed().maxEntriesPerRound(5).build());
        load(500);
        for (int i = 0; i < 20; i++) {
            cluster.write("eu", "key" + i, 2, cluster.nowMs, "w");
        }

        cluster.rounds(1);
        assertThat(cluster.repairs).hasSizeBetween(5, 7);

        cluster.rounds(3);
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs).hasSize(20);
    }

    /** One has published more for a third replica, of which the other has heard nothing. The other decodes first. */
    @Test
    void shouldPublishAsManySymbolsAsItHasTakenToDecode() {
        cluster.loseAt = (message, to) -> message.replica().equals("ap") && to.equals("eu");
        for (int i = 0; i < 12; i++) {
            cluster.write("eu", "key" + i, 2, cluster.nowMs, "w");
        }
        for (int i = 0; i < 20; i++) {
            cluster.write("ap", "new" + i, 1, cluster.nowMs, "w");
        }

        cluster.rounds(1);

        assertThat(sent(Level.class)).isZero();
        assertThat(cluster.repairs).hasSizeGreaterThanOrEqualTo(12);
    }

    /** A part of the keys that differ shows how many there are. */
    @Test
    void shouldHoldRepairsBackWhereMoreKeysDifferThanAreCompared() {
        begin(settings(128, "eu", "us")
                .changed()
                .maxEntriesPerRound(5)
                .floodMinKeys(50)
                .floodFraction(0.01)
                .build());
        load(500);
        for (int i = 0; i < 60; i++) {
            cluster.write("eu", "new" + i, 1, cluster.nowMs, "w");
        }

        cluster.rounds(1);

        assertThat(sent(Level.class)).isZero();
        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.reports.get(cluster.reports.size() - 1).repairs().guarded())
                .containsKey("us");
    }

    /** Under majority, all owners must be heard. One of them seals later than others wait for it, because clocks differ. */
    @Test
    void shouldJudgeAKeyAgainWhenAnOwnerIsHeardAfterTheOthersHaveSettled() {
        begin(settings(128).changed().resolution(Settings.Resolution.MAJORITY).build());
        load(200);
        cluster.reports.clear();
        cluster.write("eu", "only there", 1, cluster.nowMs, "v");
        cluster.delay = message -> message.replica().equals("us");
        cluster.nowMs = (cluster.nowMs / 10_000 + 1) * 10_000;
        cluster.progress();
        for (int second = 0; second < 4; second++) {
            cluster.advance(1_000);
            cluster.progress();
        }
        assertThat(sent(Entries.class)).isPositive();
        assertThat(cluster.repairs).isEmpty();

        cluster.release(1);
        cluster.advance(1_000);

        assertThat(cluster.repairs).extracting(Repair::target).containsExactlyInAnyOrder("ap", "us");
        cluster.delay = message -> false;
        cluster.advance(9_000);
        assertThat(cluster.reports)
                .filteredOn(report -> report.outcome() == RoundSummary.Outcome.DIVERGENT)
                .isNotEmpty()
                .allSatisfy(report -> assertThat(report.comparison().keys())
                        .as("a key that is judged twice counts once")
                        .isEqualTo(1));
    }

    private void untilJudgedWithoutUs() {
        cluster.delay = message -> message.replica().equals("us");
        cluster.nowMs = (cluster.nowMs / 10_000 + 1) * 10_000;
        cluster.progress();
        for (int second = 0; second < 4; second++) {
            cluster.advance(1_000);
            cluster.progress();
        }
    }

    @Test
    void shouldReportADivergenceOnceThoughItIsJudgedAgain() {
        begin(settings(128));
        load(200);
        cluster.reports.clear();
        cluster.applyRepairs = false;
        cluster.write("eu", "only there", 1, cluster.nowMs, "v");
        untilJudgedWithoutUs();
        assertThat(cluster.repairs).as("judged without us").hasSize(1);

        cluster.release(1);
        cluster.delay = message -> false;
        cluster.advance(9_000);

        assertThat(cluster.repairs).as("judged with us").hasSize(2);
        assertThat(cluster.reports)
                .filteredOn(report -> report.outcome() == RoundSummary.Outcome.DIVERGENT)
                .isNotEmpty()
                .allSatisfy(report -> {
                    assertThat(report.comparison().divergences()).containsExactly(Map.entry(Divergence.MISSING, 2L));
                    assertThat(report.comparison().sample())
                            .extracting(RoundSummary.DivergentKey::target)
                            .containsExactlyInAnyOrder("ap", "us");
                });
    }

    /**
     * Without us, what is missing at ap may still arrive there. What us holds wins by its version, and is older: it should have arrived
     * long ago.
     */
    @Test
    void shouldHoldRepairsBackThoughTheyHadToWaitBeforeAnOwnerWasHeard() {
        begin(settings(128).changed().floodMinKeys(50).floodFraction(0.01).build());
        load(500);
        cluster.reports.clear();
        for (int i = 0; i < 60; i++) {
            cluster.write("us", "new" + i, 9, cluster.nowMs, "older, and wins");
        }
        long dueMs = (cluster.nowMs / 10_000 + 1) * 10_000;
        cluster.nowMs = dueMs - 1_500;
        cluster.progress();
        cluster.stalled.add("ap");
        cluster.nowMs = dueMs - 1_200;
        for (int i = 0; i < 60; i++) {
            cluster.write("eu", "new" + i, 1, cluster.nowMs, "v");
        }
        untilJudgedWithoutUs();
        assertThat(sent(Entries.class)).isPositive();
        assertThat(cluster.repairs).as("all wait").isEmpty();

        cluster.release(1);
        cluster.delay = message -> false;
        cluster.advance(9_000);

        assertThat(cluster.reports)
                .filteredOn(report -> report.outcome() == RoundSummary.Outcome.DIVERGENT)
                .hasSize(3)
                .allSatisfy(report -> assertThat(report.repairs().guarded()).containsKey("ap"));
        assertThat(cluster.repairs).noneMatch(repair -> repair.target().equals("ap"));
    }

    /** Two replicas have compared the segment of a key without the third one, because their own symbols were lost. */
    @Test
    void shouldJudgeAKeyAgainThoughItsSegmentWasComparedWithoutAnOwner() {
        begin(settings(128));
        load(200);
        cluster.reports.clear();
        cluster.lose = message ->
                message.body() instanceof Symbols && message.replica().equals("ap");
        cluster.write("eu", "key7", 2, cluster.nowMs, "w");
        untilJudgedWithoutUs();
        assertThat(sent(Segment.class)).isPositive();
        assertThat(cluster.held("us", "key7").version()).isEqualTo(1);

        cluster.release(1);
        cluster.advance(1_000);

        assertThat(sent(Entries.class)).isPositive();
        assertThat(cluster.held("us", "key7").version()).isEqualTo(2);
        cluster.delay = message -> false;
        cluster.advance(9_000);
        assertThat(cluster.reports)
                .filteredOn(report -> report.outcome() == RoundSummary.Outcome.DIVERGENT)
                .isNotEmpty()
                .allSatisfy(report -> assertThat(report.comparison().divergences())
                        .as("each replica is found to differ once")
                        .containsExactly(Map.entry(Divergence.STALE, 2L)));
    }

    /** One replica keeps no symbols, and is late: its segment is heard after the key alone was judged. */
    @Test
    void shouldJudgeAKeyAgainWhenItsSegmentIsHeardOfMoreOwners() {
        begin(settings(128));
        cluster.change("us", settings -> settings.changed().symbols(0).build());
        load(200);
        cluster.write("ap", "key7", 3, cluster.nowMs, "three");
        cluster.write("us", "key7", 2, cluster.nowMs, "two");
        cluster.loseAt = (message, to) ->
                to.equals("us") && (message.body() instanceof Symbols || message.body() instanceof Entries);
        cluster.delay = message -> message.replica().equals("us");
        cluster.nowMs = (cluster.nowMs / 10_000 + 1) * 10_000;
        cluster.progress();
        for (int second = 0; second < 4; second++) {
            cluster.advance(1_000);
            cluster.progress();
        }
        assertThat(cluster.held("eu", "key7").version())
                .as("judged with eu alone")
                .isEqualTo(3);
        assertThat(cluster.held("us", "key7").version()).isEqualTo(2);

        cluster.release(1);
        cluster.advance(1_000);

        assertThat(cluster.held("us", "key7").version()).isEqualTo(3);
    }

    /** One of two has decoded nothing, and descends. */
    @Test
    void shouldAnswerThePeerThatDescendsThoughItsKeysAreKnown() {
        begin(settings(128, "eu", "us"));
        load(2_000);
        cluster.lose = message ->
                message.body() instanceof Symbols && message.replica().equals("eu");
        cluster.write("us", "key7", 2, cluster.nowMs, "w");
        cluster.nowMs = (cluster.nowMs / 10_000 + 1) * 10_000;
        cluster.progress();
        for (int second = 0; second < 5; second++) {
            cluster.advance(1_000);
            cluster.progress();
        }

        assertThat(sent(Level.class)).isPositive();
        assertThat(cluster.held("eu", "key7").version())
                .as("before the deadline of the round")
                .isEqualTo(2);
    }

    /** What a replica lacks as a whole segment is not decoded again in each round until it is filled. */
    @Test
    void shouldDescendTheTreesWithAReplicaThatIsBeingFilled() {
        int keys = 2_000;
        begin(settings(128).changed().repairsPerRound(150).build());
        for (int i = 0; i < keys; i++) {
            cluster.writeTo(List.of("ap", "eu"), "key" + i, 1, cluster.nowMs - 60_000, "v");
        }

        cluster.rounds(16);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs).hasSize(keys);
        assertThat(cluster.reports.stream()
                        .mapToLong(round -> round.control().bytes())
                        .sum())
                .isLessThan(40L * keys);
    }

    @Test
    void shouldNotTouchWhatAReplicaHoldsAfterForgedSymbols() {
        cluster.forge = message -> message.body() instanceof Symbols symbols
                ? new Symbols(symbols.segments(), symbols.first(), noise(symbols.symbols()))
                : message.body();
        cluster.write("eu", "key7", 2, cluster.nowMs, "w");

        cluster.rounds(1);

        assertThat(cluster.repairs).hasSize(2);
        assertThat(cluster.unequal()).isEmpty();
    }

    private static byte[] noise(byte[] symbols) {
        byte[] noise = symbols.clone();
        for (int i = 0; i < noise.length; i += 5) {
            noise[i] ^= 0x55;
        }
        return noise;
    }
}

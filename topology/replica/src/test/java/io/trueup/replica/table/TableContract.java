package io.trueup.replica.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.replica.entry.Batch;
import io.trueup.replica.entry.FeedRecord;
import io.trueup.replica.entry.Repair;
import io.trueup.replica.entry.Repair.Condition;
import io.trueup.replica.entry.Repair.Observed;
import io.trueup.replica.entry.Repair.Winner;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.entry.VersionVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What must hold in every database. Keys are {@code k}; a value names its origin. */
abstract class TableContract {

    private static final long NOW = 1_000_000;
    private static final byte[] KEY = bytes("k");
    private static final Condition UNLESS_NEWER = new Condition(false, null);

    private Table table;

    /** A new, empty table. */
    abstract JdbcSettings settings();

    private JdbcSettings settings;

    @BeforeEach
    void open() {
        settings = settings();
        table = Table.open(settings);
    }

    @AfterEach
    void close() {
        table.close();
    }

    @ParameterizedTest(name = "held {0}, write {1} -> {2}")
    @CsvSource({
        "nothing,     put@5,    put@5:feed",
        "nothing,     delete@5, delete@5",
        "put@4,       put@5,    put@5:feed",
        "put@5,       put@5,    put@5:held",
        "put@6,       put@5,    put@6:held",
        "delete@4,    put@5,    put@5:feed",
        "delete@5,    put@5,    delete@5",
        "delete@6,    put@5,    delete@6",
        "put@4,       delete@5, delete@5",
        "put@5,       delete@5, put@5:held",
        "put@6,       delete@5, put@6:held",
        "expired@4,   put@5,    put@5:feed",
        "expired@6,   put@5,    expired@6:held",
        "put@-9,      put@-8,   put@-8:feed",
    })
    void shouldStoreOnlyWritesNewerThanWhatIsHeld(String held, String write, String expected) {
        hold(held);

        Batch batch = table.apply(List.of(feed(write)), List.of(), Map.of(), NOW);

        assertThat(heldNow()).isEqualTo(expected);
        assertThat(batch.events()).hasSize(1);
        assertThat(text(batch.events().get(0).entry())).isEqualTo(expected);
        assertThat(batch.events().get(0).repairId()).isNull();
    }

    @ParameterizedTest(name = "held {0}, repair {1} -> {2}")
    @CsvSource({
        "nothing,   put@5,    put@5:repair",
        "nothing,   delete@5, delete@5",
        "put@4,     put@5,    put@5:repair",
        "put@5,     put@5,    put@5:repair",
        "put@6,     put@5,    put@6:held",
        "delete@4,  put@5,    put@5:repair",
        "delete@5,  put@5,    put@5:repair",
        "delete@6,  put@5,    delete@6",
        "put@4,     delete@5, delete@5",
        "put@5,     delete@5, delete@5",
        "put@6,     delete@5, put@6:held",
        "delete@6,  delete@5, delete@6",
        "expired@4, put@5,    put@5:repair",
        "expired@6, put@5,    expired@6:held",
    })
    void shouldApplyRepairUnlessSomethingNewerIsHeld(String held, String repair, String expected) {
        hold(held);

        assertAnswered(unlessNewer(repair), expected);
    }

    @ParameterizedTest(name = "held {0}, observed {1} -> {2}")
    @CsvSource({
        "nothing,   nothing,  put@5:repair",
        "nothing,   put@4,    nothing",
        "nothing,   delete@4, nothing",
        "nothing,   unknown,  put@5:repair",
        "put@4,     put@4,    put@5:repair",
        "put@4,     put@3,    put@4:held",
        "put@4,     delete@4, put@4:held",
        "put@4,     nothing,  put@4:held",
        "put@9,     put@9,    put@5:repair",
        "put@9,     put@8,    put@9:held",
        "delete@4,  delete@4, put@5:repair",
        "delete@4,  put@4,    delete@4",
        "delete@4,  nothing,  delete@4",
        "delete@4,  unknown,  delete@4",
        "delete@9,  delete@9, put@5:repair",
        "expired@4, put@4,    put@5:repair",
        "expired@4, delete@4, put@5:repair",
        "expired@4, delete@3, expired@4:held",
    })
    void shouldApplyRepairOnlyIfTheObservedEntryIsStillHeld(String held, String observed, String expected) {
        hold(held);

        assertAnswered(ifObserved("put@5", observed), expected);
    }

    @ParameterizedTest(name = "held {0}, valid {1} -> {2}")
    @CsvSource({
        "put@4, 1000000, put@5:repair",
        "put@4, 999999, put@4:held",
        "nothing, 999999, nothing",
        "delete@4, 0, delete@4",
    })
    void shouldDeclineRepairThatIsNoLongerValid(String held, long validUntilMs, String expected) {
        hold(held);

        assertAnswered(new Repair("r", KEY, 0, winner("put@5"), UNLESS_NEWER, null, validUntilMs), expected);
    }

    @Test
    void shouldDeclineRepairWhoseValueCouldNotBeFetched() {
        hold("put@4");

        assertAnswered(
                new Repair(
                        "r",
                        KEY,
                        0,
                        new Winner(5, null, 55, false, null, StoredEntry.NEVER),
                        UNLESS_NEWER,
                        "us",
                        Long.MAX_VALUE),
                "put@4:held");
    }

    @Test
    void shouldAnswerDeclinedRepairOfUnknownKeyWithTheLowestVersion() {
        Repair repair = ifObserved("put@5", "put@4");

        Batch batch = table.apply(List.of(), List.of(repair), Map.of(), NOW);

        StoredEntry answer = batch.events().get(0).entry();
        assertThat(answer.deleted()).isTrue();
        assertThat(answer.version()).isEqualTo(Long.MIN_VALUE);
        assertThat(answer.positionMs()).isEqualTo(repair.winner().positionMs());
        assertThat(table.read(List.of(KEY))).isEmpty();
    }

    @Test
    void shouldKeepVersionPositionAndExpiryOfTheWinner() {
        Winner winner = new Winner(5, null, 55, false, bytes("v"), 2_000_000);
        Repair repair = new Repair("r", KEY, 3, winner, UNLESS_NEWER, null, Long.MAX_VALUE);

        table.apply(List.of(), List.of(repair), Map.of(), NOW);

        StoredEntry held = table.read(List.of(KEY)).get(0);
        assertThat(held.version()).isEqualTo(5);
        assertThat(held.positionMs()).isEqualTo(55);
        assertThat(held.expiryMs()).isEqualTo(2_000_000);
        assertThat(held.partition()).isEqualTo(3);
    }

    @Test
    void shouldNotBringDeletedKeyBackWhenOldWritesAndRepairsAreRepeated() {
        hold("put@4");
        table.apply(List.of(feed("delete@7")), List.of(), Map.of(), NOW);

        table.apply(List.of(feed("put@4"), feed("put@6")), List.of(unlessNewer("put@6")), Map.of(), NOW);

        assertThat(heldNow()).isEqualTo("delete@7");
    }

    @Test
    void shouldSendAnEventForEachAppliedWriteOfOneKeyInOrder() {
        Batch batch = table.apply(
                List.of(feed("put@1"), feed("put@2"), feed("put@2"), feed("put@1"), feed("delete@3")),
                List.of(),
                Map.of(),
                NOW);

        assertThat(batch.events())
                .extracting(answer -> text(answer.entry()))
                .containsExactly("put@1:feed", "put@2:feed", "delete@3");
        assertThat(batch.applied()).isEqualTo(3);
        assertThat(batch.declined()).isEqualTo(2);
    }

    @Test
    void shouldSendTheHeldEntryOnceWhenABatchIsRepeated() {
        List<FeedRecord> writes = List.of(feed("put@1"), feed("put@2"), feed("put@3"));
        table.apply(writes, List.of(), Map.of(), NOW);

        Batch repeated = table.apply(writes, List.of(), Map.of(), NOW);

        assertThat(repeated.events()).extracting(answer -> text(answer.entry())).containsExactly("put@3:feed");
        assertThat(repeated.changes()).isEmpty();
    }

    @Test
    void shouldAnswerEveryRepairOfABatchByItsId() {
        Batch batch = table.apply(
                List.of(feed("put@5")),
                List.of(named("a", "put@4"), named("b", "put@6"), named("c", "put@5")),
                Map.of(),
                NOW);

        assertThat(batch.events()).extracting(Batch.PendingEvent::repairId).containsExactly(null, "a", "b", "c");
        assertThat(batch.events())
                .extracting(answer -> text(answer.entry()))
                .containsExactly("put@5:feed", "put@5:feed", "put@6:repair", "put@6:repair");
        assertThat(batch.repaired()).isEqualTo(1);
        assertThat(batch.repairsDeclined()).isEqualTo(2);
    }

    @Test
    void shouldHoldManyKeysOfAnyBytesInOrderOfUnsignedBytes() {
        List<FeedRecord> writes = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            writes.add(
                    write(new byte[] {(byte) (i * 37), (byte) (i >> 8), 0, (byte) 0xff}, new byte[] {(byte) i, 0}, i));
        }
        writes.add(write(new byte[0], new byte[0], 1));
        table.apply(writes, List.of(), Map.of(), NOW);
        table.apply(writes, List.of(), Map.of(), NOW);

        List<StoredEntry> live = new ArrayList<>();
        try (Datastore datastore = Datastore.open(settings)) {
            datastore.forEach(NOW, live::add);
            assertThat(datastore.count(NOW)).isEqualTo(live.size());
        }

        assertThat(live).hasSize((int) writes.stream()
                .map(FeedRecord::key)
                .map(List::of)
                .map(k -> java.util.Arrays.toString(k.get(0)))
                .distinct()
                .count());
        assertThat(live.get(0).key()).isEmpty();
        assertThat(live.get(0).value()).isEmpty();
        assertThat(IntStream.range(1, live.size()))
                .allMatch(i -> java.util.Arrays.compareUnsigned(
                                live.get(i - 1).key(), live.get(i).key())
                        < 0);
    }

    @Test
    void shouldLeaveDeletedAndExpiredEntriesOutOfCountAndDigest() {
        table.apply(
                List.of(
                        new FeedRecord("f", 0, 0, bytes("live"), bytes("v"), 1, 1, StoredEntry.NEVER),
                        new FeedRecord("f", 0, 0, bytes("gone"), null, 2, 1, StoredEntry.NEVER),
                        new FeedRecord("f", 0, 0, bytes("short"), bytes("v"), 3, 1, 50)),
                List.of(),
                Map.of(),
                NOW);

        try (Datastore datastore = Datastore.open(settings)) {
            assertThat(datastore.count(49)).isEqualTo(2);
            assertThat(datastore.count(50)).isEqualTo(1);
            assertThat(datastore.digest(49)).isNotEqualTo(datastore.digest(50));
            assertThat(datastore.digest(50)).isEqualTo(datastore.digest(51));
            assertThat(datastore.find(bytes("gone")))
                    .hasValueSatisfying(entry -> assertThat(entry.deleted()).isTrue());
            assertThat(datastore.find(bytes("other"))).isEmpty();
        }
    }

    @Test
    void shouldChangeTheDigestWithValueAndVersion() {
        table.apply(List.of(write(KEY, bytes("a"), 1)), List.of(), Map.of(), NOW);
        String first = digest();
        table.apply(List.of(write(KEY, bytes("a"), 2)), List.of(), Map.of(), NOW);
        String second = digest();
        table.apply(
                List.of(),
                List.of(new Repair(
                        "r",
                        KEY,
                        0,
                        new Winner(2, null, 1, false, bytes("b"), StoredEntry.NEVER),
                        UNLESS_NEWER,
                        null,
                        Long.MAX_VALUE)),
                Map.of(),
                NOW);

        assertThat(List.of(first, second, digest())).doesNotHaveDuplicates();
    }

    @ParameterizedTest(name = "held {0}, write {1} -> {2}")
    @CsvSource({
        "nothing,     eu=1,      feed",
        "eu=1,        eu=2,      feed",
        "eu=1,        eu=1,      held",
        "eu=2,        eu=1,      held",
        "eu=1,        'eu=1,us=1', feed",
        "'eu=1,us=1', us=1,      held",
        "eu=1,        us=1,      held",
        "eu=1,        us=9,      held",
        "'eu=2,us=1', 'eu=1,us=9', held",
        "'',          us=1,      feed",
        "us=1,        us=1,      held",
    })
    void shouldStoreOnlyWritesWhoseVectorDominatesTheOneHeld(String held, String write, String expected) {
        if (!held.equals("nothing")) {
            table.apply(List.of(feed(vector(held), "held")), List.of(), Map.of(), NOW);
        }

        Batch batch = table.apply(List.of(feed(vector(write), "feed")), List.of(), Map.of(), NOW);

        VersionVector winner = vector(expected.equals("feed") ? write : held);
        assertThat(batch.events()).hasSize(1);
        for (StoredEntry entry :
                List.of(table.read(List.of(KEY)).get(0), batch.events().get(0).entry())) {
            assertThat(entry.value()).isEqualTo(bytes(expected));
            assertThat(entry.vector()).isEqualTo(winner);
            assertThat(entry.version()).isEqualTo(winner.total());
        }
    }

    @ParameterizedTest(name = "held {0}, repair {1} -> {2}")
    @CsvSource({
        "eu=1,        eu=2,        repair",
        "eu=1,        eu=1,        repair",
        "eu=2,        eu=1,        held",
        "eu=1,        us=9,        held",
        "'eu=1,us=1', 'eu=2,us=1', repair",
        "'eu=1,us=1', 'eu=9',      held",
        "'',          us=1,        repair",
    })
    void shouldApplyRepairOnlyIfTheVectorHeldIsDominatedOrEqual(String held, String winner, String expected) {
        table.apply(List.of(feed(vector(held), "held")), List.of(), Map.of(), NOW);

        Batch batch = table.apply(List.of(), List.of(repair(vector(winner), false, null)), Map.of(), NOW);

        StoredEntry now = table.read(List.of(KEY)).get(0);
        assertThat(now.value()).isEqualTo(bytes(expected));
        assertThat(now.vector()).isEqualTo(vector(expected.equals("held") ? held : winner));
        assertThat(batch.events().get(0).repairId()).isEqualTo("r");
        assertThat(batch.events().get(0).entry().sameAs(now)).isTrue();
    }

    @ParameterizedTest(name = "held {0}, observed {1} -> {2}")
    @CsvSource({
        "eu=1,    eu=1,    repair",
        "eu=1,    us=1,    held",
        "eu=2,    eu=1,    held",
        "nothing, '',      repair",
        "nothing, eu=1,    nothing",
        "'',      eu=1,    held",
    })
    void shouldApplyRepairOnlyIfTheObservedVectorIsStillHeld(String held, String observed, String expected) {
        if (!held.equals("nothing")) {
            table.apply(List.of(feed(vector(held), "held")), List.of(), Map.of(), NOW);
        }
        VersionVector seen = vector(observed);
        Observed entry = new Observed(seen.total(), seen, seen.total() == 0);

        Batch batch = table.apply(List.of(), List.of(repair(vector("us=5"), true, entry)), Map.of(), NOW);

        StoredEntry answer = batch.events().get(0).entry();
        if (expected.equals("nothing")) {
            assertThat(table.read(List.of(KEY))).isEmpty();
            assertThat(answer.deleted()).isTrue();
            assertThat(answer.vector()).as("the vector that has seen no write").isEqualTo(VersionVector.EMPTY);
        } else {
            assertThat(answer.value()).isEqualTo(bytes(expected));
        }
    }

    @Test
    void shouldCompareVersionsWhereOnlyOneSideHasAVector() {
        hold("put@5");

        table.apply(List.of(feed(vector("eu=5"), "feed")), List.of(), Map.of(), NOW);
        assertThat(heldNow()).isEqualTo("put@5:held");
        table.apply(List.of(feed(vector("eu=6"), "feed")), List.of(), Map.of(), NOW);
        assertThat(heldNow()).isEqualTo("put@6:feed");
        table.apply(List.of(feed("put@6")), List.of(unlessNewer("put@5")), Map.of(), NOW);
        assertThat(heldNow()).isEqualTo("put@6:feed");
        table.apply(List.of(), List.of(unlessNewer("put@6")), Map.of(), NOW);
        assertThat(heldNow()).isEqualTo("put@6:repair");
    }

    @Test
    void shouldReplaceAnExpiredValueByItsTombstone() {
        table.apply(
                List.of(
                        expiring("gone", NOW),
                        expiring("soon", NOW + 1),
                        write(bytes("for ever"), bytes("v"), 4),
                        write(bytes("deleted"), null, 5)),
                List.of(),
                Map.of(),
                NOW - 10);

        assertThat(table.expire(NOW, NOW, 10)).isEqualTo(1);

        StoredEntry gone = table.read(List.of(bytes("gone"))).get(0);
        assertThat(gone.deleted()).isTrue();
        assertThat(gone.value()).isNull();
        assertThat(gone.version()).isEqualTo(7);
        assertThat(gone.expiryMs()).isEqualTo(StoredEntry.NEVER);
        assertThat(table.read(List.of(bytes("soon"))).get(0).value()).isEqualTo(bytes("v"));
        assertThat(table.read(List.of(bytes("for ever"))).get(0).deleted()).isFalse();
        assertThat(table.expire(NOW, NOW, 10)).isZero();
        table.apply(List.of(write(bytes("gone"), bytes("late"), 6)), List.of(), Map.of(), NOW);
        assertThat(table.read(List.of(bytes("gone"))).get(0).deleted())
                .as("a delayed older write")
                .isTrue();
    }

    @ParameterizedTest(name = "position {0}, stored {1}, until {2} -> {3}")
    @CsvSource({"100, 200, 199, 0", "100, 200, 200, 1", "300, 200, 299, 0", "300, 200, 300, 1"})
    void shouldPurgeTombstonesWhosePositionAndStorageTimeAreOld(long position, long stored, long until, int purged) {
        table.apply(
                List.of(
                        new FeedRecord("feed", 0, 0, KEY, null, 5, position, StoredEntry.NEVER),
                        new FeedRecord("feed", 0, 0, bytes("live"), bytes("v"), 5, 1, StoredEntry.NEVER)),
                List.of(),
                Map.of(),
                stored);

        assertThat(table.purgeTombstones(until, 10)).isEqualTo(purged);

        assertThat(table.read(List.of(KEY))).hasSize(1 - purged);
        assertThat(table.read(List.of(bytes("live")))).hasSize(1);
    }

    @Test
    void shouldCountTheAgeOfATombstoneFromTheTimeWhenItReplacedTheExpiredValue() {
        table.apply(List.of(expiring("k", 50)), List.of(), Map.of(), 1);
        table.expire(60, 70, 10);

        assertThat(table.purgeTombstones(69, 10)).isZero();
        assertThat(table.purgeTombstones(70, 10)).isEqualTo(1);
    }

    @Test
    void shouldStoreADelayedOlderWriteOnceTheTombstoneIsPurged() {
        table.apply(List.of(feed("delete@5")), List.of(), Map.of(), NOW);
        table.apply(List.of(feed("put@4")), List.of(), Map.of(), NOW);
        assertThat(heldNow()).isEqualTo("delete@5");

        assertThat(table.purgeTombstones(NOW, 10)).isEqualTo(1);
        table.apply(List.of(feed("put@4")), List.of(), Map.of(), NOW);

        assertThat(heldNow()).isEqualTo("put@4:feed");
    }

    @Test
    void shouldPurgeNoMoreRowsAtOnceThanTheLimit() {
        List<FeedRecord> writes = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            writes.add(expiring("e" + i, 50));
            writes.add(write(bytes("d" + i), null, 1));
        }
        table.apply(writes, List.of(), Map.of(), 60);

        assertThat(List.of(table.expire(60, 60, 10), table.expire(60, 60, 10), table.expire(60, 60, 10)))
                .containsExactly(10, 10, 5);
        assertThat(List.of(table.purgeTombstones(60, 30), table.purgeTombstones(60, 30)))
                .containsExactly(30, 20);
        try (Datastore datastore = Datastore.open(settings)) {
            assertThat(datastore.rowsByPartition()).isEmpty();
        }
    }

    @Test
    void shouldReadTheRowsOfAPartitionInChunksInOrderOfTheirKeys() {
        List<FeedRecord> writes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            byte[] key = i == 0 ? new byte[0] : new byte[] {(byte) (i * 53), (byte) i};
            byte[] value = i % 5 == 0 ? null : bytes("v" + i);
            writes.add(new FeedRecord("feed", i % 2, 0, key, value, i, 1, i % 7 == 0 ? 1 : StoredEntry.NEVER));
        }
        table.apply(writes, List.of(), Map.of(), NOW);

        List<StoredEntry> found = new ArrayList<>();
        try (Datastore datastore = Datastore.open(settings)) {
            List<StoredEntry> chunk = datastore.rows(0, null, 3);
            while (!chunk.isEmpty()) {
                assertThat(chunk).hasSizeLessThanOrEqualTo(3);
                found.addAll(chunk);
                chunk = datastore.rows(0, chunk.get(chunk.size() - 1).key(), 3);
            }
            assertThat(datastore.rowsByPartition()).isEqualTo(Map.of(0, 10L, 1, 10L));
        }

        assertThat(found).hasSize(10).allMatch(entry -> entry.partition() == 0);
        assertThat(IntStream.range(1, 10))
                .allMatch(i -> java.util.Arrays.compareUnsigned(
                                found.get(i - 1).key(), found.get(i).key())
                        < 0);
        assertThat(found.stream().filter(StoredEntry::deleted))
                .as("tombstones too")
                .hasSize(2);
    }

    /** Two instances of one replica: one of them does not know yet that it has lost its partitions. */
    @Test
    void shouldKeepTheNewestVersionWhenTwoWritersChangeTheSameRows() throws Exception {
        int rounds = 200;
        CountDownLatch start = new CountDownLatch(1);
        List<CompletableFuture<Void>> writers = IntStream.range(0, 2)
                .mapToObj(writer -> CompletableFuture.runAsync(() -> {
                    try (Table own = Table.open(settings)) {
                        start.await();
                        for (int i = 0; i < rounds; i++) {
                            long version = 2L * i + writer;
                            own.apply(
                                    List.of(
                                            write(bytes("a"), bytes("" + version), version),
                                            write(bytes("b"), bytes("" + version), version)),
                                    List.of(),
                                    Map.of(),
                                    NOW);
                        }
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }))
                .toList();
        start.countDown();
        for (CompletableFuture<Void> writer : writers) {
            writer.get();
        }

        List<StoredEntry> held = table.read(List.of(bytes("a"), bytes("b")));
        assertThat(held).hasSize(2).allSatisfy(entry -> {
            assertThat(entry.version()).isEqualTo(2L * rounds - 1);
            assertThat(entry.value()).isEqualTo(bytes("" + (2 * rounds - 1)));
        });
    }

    private void assertAnswered(Repair repair, String expected) {
        Batch batch = table.apply(List.of(), List.of(repair), Map.of(), NOW);

        assertThat(heldNow()).isEqualTo(expected);
        assertThat(batch.events()).hasSize(1);
        Batch.PendingEvent answer = batch.events().get(0);
        assertThat(answer.repairId()).isEqualTo("r");
        assertThat(text(answer.entry())).isEqualTo(expected);
        boolean applied = expected.endsWith(":repair")
                || (repair.winner().deleted()
                        && expected.equals("delete@" + repair.winner().version()));
        assertThat(batch.repaired()).isEqualTo(applied ? 1 : 0);
        assertThat(batch.repairsDeclined()).isEqualTo(applied ? 0 : 1);
    }

    private void hold(String state) {
        if (state.equals("nothing")) {
            return;
        }
        long version = version(state);
        byte[] value = state.startsWith("delete") ? null : bytes("held");
        long expiryMs = state.startsWith("expired") ? NOW - 1 : StoredEntry.NEVER;
        table.apply(List.of(new FeedRecord("feed", 0, 0, KEY, value, version, 44, expiryMs)), List.of(), Map.of(), NOW);
        assertThat(table.read(List.of(KEY))).hasSize(1);
    }

    private String heldNow() {
        List<StoredEntry> held = table.read(List.of(KEY));
        return held.isEmpty() ? "nothing" : text(held.get(0));
    }

    private String digest() {
        try (Datastore datastore = Datastore.open(settings)) {
            return datastore.digest(NOW);
        }
    }

    private static String text(StoredEntry entry) {
        if (entry.version() == Long.MIN_VALUE) {
            return "nothing";
        }
        if (entry.deleted()) {
            assertThat(entry.value()).isNull();
            return "delete@" + entry.version();
        }
        String kind = entry.liveAt(NOW) ? "put@" : "expired@";
        return kind + entry.version() + ":" + new String(entry.value(), UTF_8);
    }

    private static FeedRecord feed(String write) {
        return write(KEY, write.startsWith("delete") ? null : bytes("feed"), version(write));
    }

    private static FeedRecord write(byte[] key, byte[] value, long version) {
        return new FeedRecord("feed", 0, 0, key, value, version, 44, StoredEntry.NEVER);
    }

    private static FeedRecord feed(VersionVector vector, String value) {
        return new FeedRecord("feed", 0, 0, KEY, bytes(value), vector.total(), vector, 44, StoredEntry.NEVER);
    }

    private static FeedRecord expiring(String key, long expiryMs) {
        return new FeedRecord("feed", 0, 0, bytes(key), bytes("v"), 7, 44, expiryMs);
    }

    private static VersionVector vector(String text) {
        return VersionVector.parse(text);
    }

    private static Repair repair(VersionVector vector, boolean ifObserved, Observed observed) {
        Winner winner = new Winner(vector.total(), vector, 55, false, bytes("repair"), StoredEntry.NEVER);
        return new Repair("r", KEY, 0, winner, new Condition(ifObserved, observed), null, Long.MAX_VALUE);
    }

    private static Repair unlessNewer(String write) {
        return named("r", write);
    }

    private static Repair named(String id, String write) {
        return repair(id, write, false, null);
    }

    private static Repair ifObserved(String write, String observed) {
        return switch (observed) {
            case "nothing" -> repair("r", write, true, null);
            case "unknown" -> repair("r", write, true, new Observed(Long.MIN_VALUE, null, true));
            default -> repair("r", write, true, new Observed(version(observed), null, observed.startsWith("delete")));
        };
    }

    private static Repair repair(String id, String write, boolean ifObserved, Observed observed) {
        return new Repair(id, KEY, 0, winner(write), new Condition(ifObserved, observed), null, Long.MAX_VALUE);
    }

    private static Winner winner(String write) {
        boolean deleted = write.startsWith("delete");
        byte[] value = deleted ? null : bytes("repair");
        return new Winner(version(write), null, 55, deleted, value, StoredEntry.NEVER);
    }

    private static long version(String state) {
        return Long.parseLong(state.substring(state.indexOf('@') + 1));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}

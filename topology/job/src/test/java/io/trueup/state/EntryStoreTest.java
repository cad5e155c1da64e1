package io.trueup.state;

import static io.trueup.state.StoreDriver.IDENTITY;
import static io.trueup.state.StoreDriver.SECRET;
import static io.trueup.state.StoreDriver.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.tree.Hash128;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.LongStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What both stores must do. */
@ParameterizedClass(name = "in memory: {0}")
@ValueSource(booleans = {true, false})
class EntryStoreTest {

    private static final Hash128 LOWEST = Hash128.ZERO;
    private static final Hash128 HIGHEST = new Hash128(-1, -1);

    @Parameter
    boolean inMemory;

    @TempDir
    Path directory;

    private StoreDriver driver;
    private EntryStore entries;

    @BeforeEach
    void open() {
        driver = new StoreDriver(inMemory, directory);
        entries = driver.entries();
    }

    @AfterEach
    void close() {
        driver.close();
    }

    @Test
    void shouldReturnWhatWasPutLast() {
        Hash128 key = new Hash128(5, 6);

        assertThat(entries.get(key)).isNull();
        entries.put(key, entry("a", 1));
        entries.put(key, entry("a", 2));

        assertThat(entries.get(key).version()).isEqualTo(2);
    }

    @Test
    void shouldVisitARangeInOrderOfUnsignedHashWithBothEnds() {
        entries.claim(IDENTITY);
        List<Hash128> hashes = List.of(
                LOWEST,
                new Hash128(0, -1),
                new Hash128(1, 0),
                new Hash128(Long.MIN_VALUE, 3),
                new Hash128(-1, 0),
                HIGHEST);
        for (int i = hashes.size() - 1; i >= 0; i--) {
            entries.put(hashes.get(i), entry("k" + i, i));
        }

        assertThat(visited(LOWEST, HIGHEST)).isEqualTo(hashes);
        assertThat(visited(hashes.get(1), hashes.get(4))).isEqualTo(hashes.subList(1, 5));
        assertThat(visited(new Hash128(2, 0), new Hash128(3, 0))).isEmpty();
    }

    @Test
    void shouldAcceptTheIdentityThatClaimedTheStore() {
        entries.claim(IDENTITY);

        entries.claim(new StateIdentity("writes.eu", new Uuid(7, 8), SECRET));
        assertThat(visited(LOWEST, HIGHEST)).as("the identity is no entry").isEmpty();
    }

    @Test
    void shouldDistinguishNewStoresFromThoseThatEarlierVersionsWrote() {
        assertThat(entries.check(IDENTITY)).isEqualTo(EntryStore.Claim.NEW);
        assertThat(entries.check(IDENTITY))
                .as("a start that fails leaves it new")
                .isEqualTo(EntryStore.Claim.NEW);
        entries.claim(IDENTITY);
        assertThat(entries.check(IDENTITY)).isEqualTo(EntryStore.Claim.KNOWN);

        byte[] earlier = entries.note("");
        earlier[0] = 1;
        entries.note("", earlier);

        assertThat(entries.check(IDENTITY)).isEqualTo(EntryStore.Claim.OF_EARLIER_VERSION);
        entries.claim(IDENTITY);
        assertThat(entries.check(IDENTITY)).isEqualTo(EntryStore.Claim.KNOWN);
    }

    @Test
    void shouldRemoveAllEntriesBitByBitAndKeepNotes() {
        entries.claim(IDENTITY);
        entries.note("choice/a", new byte[] {6});
        for (int i = 0; i < 25_000; i++) {
            entries.put(new Hash128((long) i << 48, i), entry("k", i));
        }
        entries.put(HIGHEST, entry("k", 1));
        entries.put(LOWEST, entry("k", 1));

        int calls = 1;
        while (!entries.remove(10_000)) {
            calls++;
        }

        assertThat(calls).isEqualTo(3);

        assertThat(visited(LOWEST, HIGHEST)).isEmpty();
        assertThat(entries.note("choice/a")).containsExactly(6);
        assertThat(entries.check(IDENTITY)).isEqualTo(EntryStore.Claim.KNOWN);
    }

    @Test
    void shouldRefuseEntriesOfATopicThatWasCreatedAgain() {
        entries.claim(IDENTITY);

        assertThatThrownBy(() -> entries.claim(new StateIdentity("writes.eu", new Uuid(7, 9), SECRET)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("writes topic writes.eu was created again")
                .hasMessageContaining("reset the application");
    }

    @Test
    void shouldRefuseEntriesHashedWithAnotherSecretAndNotShowIt() {
        entries.claim(IDENTITY);
        String other = "fedcba9876543210";

        assertThatThrownBy(() -> entries.claim(
                        new StateIdentity("writes.eu", new Uuid(7, 8), other.getBytes(StandardCharsets.US_ASCII))))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("another hash.secret")
                .hasMessageNotContainingAny(other, new String(SECRET, StandardCharsets.US_ASCII));
    }

    @Test
    void shouldListTheNotesOfAPrefixInOrderOfNameAndNoOthers() {
        entries.claim(IDENTITY);
        entries.put(HIGHEST, entry("k", 1));
        entries.note("conflict/b", new byte[] {2});
        entries.note("conflict/a", new byte[] {1});
        entries.note("conflict/c", new byte[] {3});
        entries.note("conflict/c", null);
        entries.note("conflict0", new byte[] {4});
        entries.note("conflicts", new byte[] {5});
        entries.note("choice/a", new byte[] {6});

        SortedMap<String, byte[]> notes = entries.notes("conflict/");
        assertThat(notes.keySet()).containsExactly("conflict/a", "conflict/b");
        assertThat(notes.get("conflict/a")).containsExactly(1);
        assertThat(notes.get("conflict/b")).containsExactly(2);
        assertThat(entries.notes("watermark")).isEmpty();
        assertThat(entries.note("conflicts")).containsExactly(5);
        assertThat(visited(LOWEST, HIGHEST)).containsExactly(HIGHEST);
    }

    @Test
    void shouldLogWhatIsReplacedBetweenTwoCommitsOnceAndBeforeTheCommit() {
        entries.put(new Hash128(7, 0), entry("b", 1));
        entries.claim(IDENTITY);
        driver.commit();
        driver.logged();
        entries.put(new Hash128(5, 6), entry("a", 1));
        entries.put(new Hash128(5, 6), entry("a", 2));
        entries.remove(new Hash128(7, 0));
        entries.note("choice/a", new byte[] {1});
        entries.note("choice/a", new byte[] {2});
        assertThat(driver.logged()).as("before the commit").isEmpty();

        driver.commit();

        Map<Bytes, byte[]> logged = driver.logged();
        assertThat(logged.keySet())
                .containsExactlyInAnyOrder(
                        StoredKey.of(new Hash128(5, 6)), StoredKey.of(new Hash128(7, 0)), StoredKey.ofNote("choice/a"));
        assertThat(EntryCodec.decode(logged.get(StoredKey.of(new Hash128(5, 6))))
                        .version())
                .isEqualTo(2);
        assertThat(logged.get(StoredKey.of(new Hash128(7, 0)))).isNull();
        assertThat(logged.get(StoredKey.ofNote("choice/a"))).containsExactly(2);

        driver.commit();
        assertThat(driver.logged()).as("nothing has changed since").isEmpty();

        entries.put(new Hash128(5, 6), entry("a", 3));
        entries.note("choice/a", null);
        driver.commit();
        assertThat(driver.logged()).hasSize(2).containsEntry(StoredKey.ofNote("choice/a"), null);
    }

    /** A commit that logs very much stalls the thread. */
    @Test
    void shouldLogEarlyWhatWaitsLongest() {
        entries.claim(IDENTITY);
        driver.commit();
        driver.logged();
        for (int i = 0; i < LoggedStore.MAX_WAITING + 10; i++) {
            entries.put(new Hash128((long) i << 40, 0), entry("k", i));
        }

        assertThat(driver.logged().keySet())
                .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 10)
                        .mapToObj(i -> StoredKey.of(new Hash128(i << 40, 0)))
                        .toList());
        driver.commit();
        assertThat(driver.logged()).hasSize(LoggedStore.MAX_WAITING);
    }

    private List<Hash128> visited(Hash128 first, Hash128 last) {
        List<Hash128> visited = new ArrayList<>();
        entries.scan(first, last, (hash, entry) -> visited.add(hash));
        return visited;
    }
}

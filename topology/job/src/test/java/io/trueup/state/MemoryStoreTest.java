package io.trueup.state;

import static io.trueup.state.StoreDriver.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.tree.Hash128;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Kafka Streams does for its own stores, and this one does itself. */
class MemoryStoreTest {

    @TempDir
    Path directory;

    private StoreDriver driver;
    private EntryStore entries;

    @BeforeEach
    void open() {
        driver = new StoreDriver(true, directory);
        entries = driver.entries();
    }

    @AfterEach
    void close() {
        driver.close();
    }

    @Test
    void shouldLogWhatIsReplacedBetweenTwoCommitsOnceAndBeforeTheCommit() {
        entries.put(new Hash128(7, 0), entry("b", 1));
        entries.claim(StoreDriver.IDENTITY);
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
        entries.claim(StoreDriver.IDENTITY);
        driver.commit();
        driver.logged();
        for (int i = 0; i < MemoryStore.MAX_WAITING + 10; i++) {
            entries.put(new Hash128((long) i << 40, 0), entry("k", i));
        }

        assertThat(driver.logged().keySet())
                .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 10)
                        .mapToObj(i -> StoredKey.of(new Hash128(i << 40, 0)))
                        .toList());
        driver.commit();
        assertThat(driver.logged()).hasSize(MemoryStore.MAX_WAITING);
    }
}

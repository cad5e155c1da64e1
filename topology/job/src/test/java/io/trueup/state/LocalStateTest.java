package io.trueup.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of RocksDB. Snapshots: {@link MemoryStoreTest}. */
class LocalStateTest {

    private static final Uuid CHANGELOG = new Uuid(1, 2);

    @TempDir
    Path directory;

    private LocalState local;

    @BeforeEach
    void use() throws IOException {
        local = new LocalState(directory, "entries");
        assertThat(local.keepUsableFiles(CHANGELOG)).as("there is nothing yet").isTrue();
        Files.createFile(
                Files.createDirectories(directory.resolve("rocksdb/entries")).resolve("000001.sst"));
        Files.createFile(offset());
    }

    @Test
    void shouldKeepFilesOfTheSameChangelog() throws IOException {
        assertThat(local.keepUsableFiles(CHANGELOG)).isTrue();
        assertThat(local.keepUsableFiles(CHANGELOG)).isTrue();
        assertThat(offset()).exists();
        assertThat(directory.resolve("rocksdb/entries/000001.sst")).exists();
    }

    @Test
    void shouldRemoveFilesOfAnotherChangelogAndNoteTheNewOne() throws IOException {
        Uuid other = new Uuid(1, 3);
        assertThat(local.keepUsableFiles(other)).isFalse();
        requireRemoved();

        write();
        assertThat(local.keepUsableFiles(other)).isTrue();
        assertThat(local.keepUsableFiles(CHANGELOG)).isFalse();
    }

    @Test
    void shouldRemoveFilesWhereThereIsNoChangelog() throws IOException {
        assertThat(local.keepUsableFiles(null)).isFalse();
        requireRemoved();

        write();
        assertThat(local.keepUsableFiles(CHANGELOG))
                .as("nothing says what they are for")
                .isFalse();
    }

    @Test
    void shouldRemoveFilesThatDoNotSayWhatTheyAreFor() throws IOException {
        for (String damaged : List.of("", "?", "x".repeat(100))) {
            Files.writeString(directory.resolve("rocksdb/entries.changelog"), damaged);
            assertThat(local.keepUsableFiles(CHANGELOG)).as(damaged).isFalse();
            requireRemoved();
            write();
        }
    }

    /** The changelog may have forgotten meanwhile that something was removed. */
    @Test
    void shouldRemoveFilesWhoseOffsetIsOldOrFromTheFuture() throws IOException {
        for (Duration age : List.of(Duration.ofHours(13), Duration.ofHours(-1))) {
            Files.setLastModifiedTime(offset(), FileTime.from(Instant.now().minus(age)));
            assertThat(local.keepUsableFiles(CHANGELOG)).isFalse();
            requireRemoved();
            write();
        }
    }

    @Test
    void shouldRemoveFilesWithoutAnOffset() throws IOException {
        Files.delete(offset());
        assertThat(local.keepUsableFiles(CHANGELOG))
                .as("there was no offset to forget")
                .isTrue();
        requireRemoved();
    }

    private void write() throws IOException {
        if (Files.notExists(offset())) {
            Files.createFile(offset());
        }
        Files.createDirectories(directory.resolve("rocksdb/entries"));
    }

    private void requireRemoved() {
        assertThat(offset()).doesNotExist();
        assertThat(directory.resolve("rocksdb/entries")).doesNotExist();
    }

    private Path offset() {
        return directory.resolve(".checkpoint_entries");
    }
}

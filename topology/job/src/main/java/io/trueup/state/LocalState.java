package io.trueup.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a store has left in the directory of its task, and whether a start may go on from it: it must be recent, and the changelog must
 * be the topic that it was written for. All else is removed, and the state is then restored from the changelog.
 */
final class LocalState {

    private static final Logger LOG = LoggerFactory.getLogger(LocalState.class);

    /** A changelog topic forgets by default after a day that something was removed. What is older would bring it back. */
    private static final Duration MAX_AGE = Duration.ofHours(12);

    private final Path offset;
    private final Path files;
    private final Path origin;
    private final Path snapshot;

    /** @param directory of the task */
    LocalState(Path directory, String store) {
        offset = directory.resolve(".checkpoint_" + store);
        files = directory.resolve("rocksdb").resolve(store);
        origin = directory.resolve("rocksdb").resolve(store + ".changelog");
        snapshot = directory.resolve(store + ".snapshot");
    }

    Path snapshot() {
        return snapshot;
    }

    /** Returns what the snapshot says of itself; null if there is none that may be used, and none is left then. */
    Snapshot.Header usableSnapshot(Uuid changelog) throws IOException {
        Snapshot.removeUnfinished(snapshot);
        Snapshot.Header found = Snapshot.header(snapshot);
        if (found != null && isRecent(found.writtenMs()) && isOf(changelog, found.changelog(), snapshot)) {
            return found;
        }
        Files.deleteIfExists(snapshot);
        return null;
    }

    /**
     * Leaves files of RocksDB only if they may be used, and notes which changelog they are for from now on.
     *
     * @return false if files with an offset were removed
     */
    boolean keepUsableFiles(Uuid changelog) throws IOException {
        boolean any = Files.exists(offset);
        boolean usable =
                any && isRecent(Files.getLastModifiedTime(offset).toMillis()) && isOf(changelog, origin(), files);
        if (!usable) {
            removeFiles();
        }
        if (changelog != null) {
            note(changelog);
        }
        return usable || !any;
    }

    /** The offset goes first, so that it is never used without its files. */
    void removeFiles() throws IOException {
        Files.deleteIfExists(offset);
        Utils.delete(files.toFile());
        Files.deleteIfExists(origin);
    }

    private Uuid origin() throws IOException {
        try {
            return Uuid.fromString(Files.readString(origin));
        } catch (NoSuchFileException | IllegalArgumentException e) {
            return null; // of an earlier version, or damaged
        }
    }

    private void note(Uuid changelog) throws IOException {
        Path unfinished = origin.resolveSibling(origin.getFileName() + ".tmp");
        Files.createDirectories(origin.getParent());
        Files.writeString(unfinished, changelog.toString());
        Files.move(unfinished, origin, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean isOf(Uuid changelog, Uuid noted, Path state) {
        if (changelog != null && changelog.equals(noted)) {
            return true;
        }
        LOG.info(
                "{} is not used: it was written for the changelog topic with id {}, and {}; the state is restored from the changelog",
                state,
                noted == null ? "unknown" : noted,
                changelog == null ? "there is no such topic now" : "the topic now has id " + changelog);
        return false;
    }

    private static boolean isRecent(long writtenMs) {
        long ageMs = System.currentTimeMillis() - writtenMs;
        return ageMs >= 0 && ageMs < MAX_AGE.toMillis();
    }
}

package io.trueup.audit.checkpoint;

import io.trueup.tree.Hash128;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A file of the partitions that an audit has compared. It belongs to one audit: what that audit compares, and how, is in it, and
 * another audit is refused.
 *
 * <p>The file is replaced as a whole by a move, after its content is on the disk, and it ends with a checksum of all that is
 * before. So a process that is killed leaves the old file or the new one, and a file that was damaged is not believed.
 * Thread-safe.
 */
public final class Checkpoint {

    private static final byte[] MAGIC = "trueup audit checkpoint\n".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = MAGIC.length + Integer.BYTES;
    private static final int CHECKSUM_BYTES = 32;

    /** Writing the file takes up at most a tenth of the time of an audit. */
    private static final int REST_PER_SAVE = 9;

    /** It may contain keys and values. */
    private static final FileAttribute<?> OWNER_ALONE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path file;
    private final Map<String, String> terms = new LinkedHashMap<>();
    private final TreeMap<Integer, ComparedPartition> compared = new TreeMap<>();
    private final Set<Hash128> seen = new TreeSet<>();
    private boolean isNew = true;
    private boolean isUnsaved;
    private long restsUntilNanos = System.nanoTime();

    private Checkpoint(Path file) {
        this.file = file;
    }

    /** The file belongs to another audit. The message says in what they differ, and what to do. */
    public static final class OtherAuditException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        OtherAuditException(String message) {
            super(message);
        }
    }

    /**
     * Opens a file. A file that does not exist, or is empty, belongs to any audit.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it is no checkpoint, or is damaged; the message says which
     */
    public static Checkpoint open(Path file) throws IOException {
        Checkpoint checkpoint = new Checkpoint(file);
        if (Files.exists(file) && Files.size(file) > 0) {
            checkpoint.read();
        }
        return checkpoint;
    }

    private void read() throws IOException {
        long contentBytes = Files.size(file) - CHECKSUM_BYTES;
        try (DataInputStream in = open()) {
            if (contentBytes < HEADER_BYTES || !Arrays.equals(MAGIC, in.readNBytes(MAGIC.length))) {
                throw new IllegalArgumentException("is no checkpoint of an audit");
            }
        }
        verifyChecksum(contentBytes);
        try (DataInputStream in = open()) {
            in.skipNBytes(MAGIC.length);
            int version = in.readInt();
            if (version != VERSION) {
                throw new IllegalArgumentException(
                        "has format " + version + ", and this version of Trueup reads format " + VERSION);
            }
            RecordReader reader = new RecordReader(in);
            terms.putAll(reader.terms());
            seen.addAll(reader.list(reader::hash));
            reader.list(reader::partition).forEach(partition -> compared.put(partition.partition(), partition));
            isNew = false;
        }
    }

    private DataInputStream open() throws IOException {
        return new DataInputStream(new BufferedInputStream(Files.newInputStream(file)));
    }

    /** Before anything of the file is believed, all of it is compared with its checksum. */
    private void verifyChecksum(long contentBytes) throws IOException {
        MessageDigest digest = digest();
        byte[] buffer = new byte[1 << 16];
        try (DataInputStream in = open()) {
            for (long left = contentBytes; left > 0; ) {
                int read = in.readNBytes(buffer, 0, (int) Math.min(left, buffer.length));
                digest.update(buffer, 0, read);
                left -= read == 0 ? left : read;
            }
            if (!MessageDigest.isEqual(digest.digest(), in.readAllBytes())) {
                throw new IllegalArgumentException("is damaged: its checksum is wrong");
            }
        }
    }

    /**
     * Binds the file to an audit.
     *
     * @param audit what the audit compares, and how: values by name, in the words of a person; nothing secret
     * @throws OtherAuditException if the file belongs to an audit of other terms
     */
    public synchronized void bind(Map<String, String> audit) {
        if (!isNew) {
            Set<String> names = new TreeSet<>(terms.keySet());
            names.addAll(audit.keySet());
            List<String> different = names.stream()
                    .filter(name -> !terms.getOrDefault(name, "").equals(audit.getOrDefault(name, "")))
                    .map(name -> name + " was " + shown(terms.get(name)) + " and is " + shown(audit.get(name)))
                    .toList();
            if (!different.isEmpty()) {
                throw new OtherAuditException("--checkpoint: " + file + " belongs to another audit: "
                        + String.join("; ", different)
                        + ". Give the same options as before, or delete the file to begin anew.");
            }
        }
        terms.putAll(audit);
        isNew = false;
    }

    private static String shown(String value) {
        return value == null ? "not given" : value;
    }

    /** The partitions that were compared. */
    public synchronized List<ComparedPartition> compared() {
        return List.copyOf(compared.values());
    }

    /** Hashes of keys that the audit was asked for and that occurred in the topics. */
    public synchronized Set<Hash128> seen() {
        return Set.copyOf(seen);
    }

    /** Forgets a partition: it has to be compared again. */
    public synchronized void drop(int partition) {
        compared.remove(partition);
        isUnsaved = true;
    }

    /**
     * Adds a partition that was compared, and writes the file, unless that took long and was done just before.
     *
     * @param seenKeys hashes of keys that the audit was asked for and that have occurred so far
     * @throws IOException if the file cannot be written
     */
    public synchronized void add(ComparedPartition partition, Collection<Hash128> seenKeys) throws IOException {
        compared.put(partition.partition(), partition);
        seen.addAll(seenKeys);
        isUnsaved = true;
        if (System.nanoTime() - restsUntilNanos >= 0) {
            save();
        }
    }

    /**
     * Writes the file if anything has changed since.
     *
     * @throws IOException if it cannot be written
     */
    public synchronized void save() throws IOException {
        if (!isUnsaved) {
            return;
        }
        long startNanos = System.nanoTime();
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        Files.deleteIfExists(temporary);
        try (FileChannel channel = FileChannel.open(
                temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWNER_ALONE)) {
            write(Channels.newOutputStream(channel));
            channel.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        isUnsaved = false;
        long endNanos = System.nanoTime();
        restsUntilNanos = endNanos + REST_PER_SAVE * (endNanos - startNanos);
    }

    /**
     * Removes the file, once the audit is complete.
     *
     * @throws IOException if it cannot be removed
     */
    public synchronized void remove() throws IOException {
        compared.clear();
        isUnsaved = false;
        Files.deleteIfExists(file);
    }

    private void write(OutputStream to) throws IOException {
        DigestOutputStream summing = new DigestOutputStream(to, digest());
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(summing));
        out.write(MAGIC);
        out.writeInt(VERSION);
        RecordWriter writer = new RecordWriter(out);
        writer.terms(terms);
        writer.list(seen, writer::hash);
        writer.list(compared.values(), writer::partition);
        out.flush();
        to.write(summing.getMessageDigest().digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The file. */
    @Override
    public String toString() {
        return file.toString();
    }
}

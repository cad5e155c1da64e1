package io.trueup.state;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.apache.kafka.common.Uuid;

/**
 * The content of a {@link MemoryStore} in a file, and the offset of the changelog up to which it holds everything. The file appears whole
 * or not at all; a checksum detects damage.
 *
 * <p>Format, numbers big endian: magic number, id of the changelog topic (16 bytes), offset, time, number of entries, number of notes (8 bytes each); each entry as its
 * hash (16 bytes), length (4) and bytes; each note as its name (modified UTF-8), length (4) and bytes; CRC-32C of all before (8).
 */
final class Snapshot {

    private static final long MAGIC = 0x5452_5545_5550_0002L;
    private static final int CHECKSUM_BYTES = Long.BYTES;
    private static final int BUFFER_BYTES = 1 << 20;

    /**
     * What a snapshot says of itself.
     *
     * @param changelog the topic
     * @param offset the last offset of the changelog that it contains
     * @param writtenMs when it was written, in milliseconds since the epoch
     */
    record Header(Uuid changelog, long offset, long writtenMs, long entries, long notes) {}

    private Snapshot() {}

    /** Writes the content of a store. */
    static void write(Path path, Header header, HashTable entries, Map<String, byte[]> notes) throws IOException {
        Path unfinished = unfinished(path);
        try {
            writeAll(unfinished, header, entries, notes);
        } catch (IOException | RuntimeException e) {
            removeUnfinished(path); // a disk that is full is not kept full
            throw e;
        }
        Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Removes what a process has left that ended while it wrote. */
    static void removeUnfinished(Path path) throws IOException {
        Files.deleteIfExists(unfinished(path));
    }

    private static Path unfinished(Path path) {
        return path.resolveSibling(path.getFileName() + ".tmp");
    }

    private static void writeAll(Path unfinished, Header header, HashTable entries, Map<String, byte[]> notes)
            throws IOException {
        CRC32C checksum = new CRC32C();
        try (FileOutputStream file = new FileOutputStream(unfinished.toFile());
                DataOutputStream out = new DataOutputStream(
                        new BufferedOutputStream(new CheckedOutputStream(file, checksum), BUFFER_BYTES))) {
            out.writeLong(MAGIC);
            out.writeLong(header.changelog().getMostSignificantBits());
            out.writeLong(header.changelog().getLeastSignificantBits());
            out.writeLong(header.offset());
            out.writeLong(header.writtenMs());
            out.writeLong(header.entries());
            out.writeLong(header.notes());
            entries.scan((hi, lo, entry) -> write(out, hi, lo, entry));
            for (Map.Entry<String, byte[]> note : notes.entrySet()) {
                out.writeUTF(note.getKey());
                write(out, note.getValue());
            }
            out.flush();
            out.writeLong(checksum.getValue());
            out.flush();
            file.getFD().sync();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static boolean write(DataOutputStream out, long hi, long lo, byte[] entry) {
        try {
            out.writeLong(hi);
            out.writeLong(lo);
            write(out, entry);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /**
     * Reads the header.
     *
     * @return null if there is no snapshot, or none that this version can read
     */
    static Header header(Path path) throws IOException {
        if (Files.notExists(path)) {
            return null;
        }
        try (DataInputStream in = new DataInputStream(Files.newInputStream(path))) {
            return header(in);
        } catch (EOFException e) {
            return null;
        }
    }

    private static Header header(DataInputStream in) throws IOException {
        if (in.readLong() != MAGIC) {
            return null;
        }
        Uuid changelog = new Uuid(in.readLong(), in.readLong());
        return new Header(changelog, in.readLong(), in.readLong(), in.readLong(), in.readLong());
    }

    /**
     * Reads the content.
     *
     * @return false if the file is damaged; nothing was read then
     */
    static boolean read(Path path, HashTable entries, Map<String, byte[]> notes) throws IOException {
        if (!isWhole(path)) {
            return false;
        }
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES))) {
            Header header = header(in);
            for (long entry = 0; entry < header.entries(); entry++) {
                entries.put(in.readLong(), in.readLong(), bytes(in));
            }
            for (long note = 0; note < header.notes(); note++) {
                notes.put(in.readUTF(), bytes(in));
            }
            return true;
        }
    }

    private static byte[] bytes(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }

    private static boolean isWhole(Path path) throws IOException {
        if (header(path) == null) {
            return false;
        }
        CRC32C checksum = new CRC32C();
        try (InputStream file = Files.newInputStream(path);
                CheckedInputStream checked = new CheckedInputStream(file, checksum)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            long left = Files.size(path) - CHECKSUM_BYTES;
            while (left > 0) {
                int read = checked.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (read < 0) {
                    return false;
                }
                left -= read;
            }
            return checksum.getValue() == new DataInputStream(file).readLong();
        } catch (EOFException e) {
            return false;
        }
    }
}

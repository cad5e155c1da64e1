package io.trueup.tree;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * Reads a note that a {@link FieldWriter} has written behind a version byte. State that cannot be read must not be taken for
 * none: every method throws {@link IllegalStateException}, with the name of the note, where the bytes are not what they should
 * be. Not thread-safe.
 */
public final class NoteReader {

    private final String name;
    private final ByteBuffer in;

    /**
     * Begins to read.
     *
     * @param name of the note, for errors
     * @param version the only version that the caller can read
     */
    public NoteReader(String name, byte[] note, byte version) {
        this.name = name;
        this.in = ByteBuffer.wrap(note);
        byte written = tag();
        if (written != version) {
            throw new IllegalStateException("the note \"" + name + "\" beside the entries has format " + written
                    + ", and this version of Trueup reads only format " + version
                    + ": start the version that wrote it, or reset the application");
        }
    }

    /** Reads one byte. */
    public byte tag() {
        require(1);
        return in.get();
    }

    /** Reads a number of eight bytes. */
    public long number() {
        require(Long.BYTES);
        return in.getLong();
    }

    /** Reads an array behind its length. */
    public byte[] bytes() {
        require(Integer.BYTES);
        int length = in.getInt();
        if (length < 0) {
            throw malformed();
        }
        require(length);
        byte[] value = new byte[length];
        in.get(value);
        return value;
    }

    /** Reads a text behind the number of its UTF-8 bytes. */
    public String text() {
        return new String(bytes(), UTF_8);
    }

    /** Whether all fields are read. */
    public boolean atEnd() {
        return !in.hasRemaining();
    }

    /** Requires that all fields are read. */
    public void end() {
        if (!atEnd()) {
            throw malformed();
        }
    }

    private void require(int bytes) {
        if (in.remaining() < bytes) {
            throw malformed();
        }
    }

    private IllegalStateException malformed() {
        return new IllegalStateException("the note \"" + name + "\" beside the entries is malformed (" + in.capacity()
                + " bytes): restore the state from its changelog, or reset the application");
    }
}

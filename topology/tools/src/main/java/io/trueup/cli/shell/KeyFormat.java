package io.trueup.cli.shell;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** How record keys are printed and read: as text in UTF-8, or as bytes in hexadecimal. */
public final class KeyFormat {

    /** Stands before the digits of a key that is printed in hexadecimal. */
    public static final String HEX_PREFIX = "hex:";

    private KeyFormat() {}

    /** The key as text if it is printable UTF-8, otherwise {@code hex:} and its bytes in hexadecimal. */
    public static String of(byte[] key) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(key))
                    .toString();
            if (!text.isEmpty() && text.codePoints().allMatch(KeyFormat::printable)) {
                return text;
            }
        } catch (CharacterCodingException e) {
            // printed in hexadecimal
        }
        return HEX_PREFIX + hex(key);
    }

    /**
     * The key as {@link #of} gives it, cut off if it is long.
     *
     * @param maxLength the most characters to print; {@code …} stands for the rest
     */
    public static String shortened(byte[] key, int maxLength) {
        String text = of(key);
        return text.length() <= maxLength ? text : text.substring(0, maxLength) + "…";
    }

    /** The bytes of the key, two hexadecimal digits each. */
    public static String hex(byte[] key) {
        return HexFormat.of().formatHex(key);
    }

    /**
     * Reads a key.
     *
     * @param hex true: the text is hexadecimal, with or without {@code hex:} before it; false: the key is the text itself
     * @throws IllegalArgumentException if the text is not hexadecimal; the message says what to write
     */
    public static byte[] parse(String text, boolean hex) {
        if (!hex) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        try {
            return HexFormat.of().parseHex(text.startsWith(HEX_PREFIX) ? text.substring(HEX_PREFIX.length()) : text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not hexadecimal; write two digits for each byte of the key", e);
        }
    }

    private static boolean printable(int character) {
        return character == ' '
                || !(Character.isISOControl(character)
                        || Character.isWhitespace(character)
                        || Character.getType(character) == Character.UNASSIGNED
                        || Character.getType(character) == Character.FORMAT);
    }
}

package io.trueup.failure;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * How record keys are printed and read: as text in UTF-8, or as bytes in hexadecimal behind {@value #HEX_PREFIX}. What is
 * printed is read as the same key, and no two keys are printed alike.
 */
public final class KeyFormat {

    /** Stands before the digits of a key that is printed in hexadecimal. */
    public static final String HEX_PREFIX = "hex:";

    private KeyFormat() {}

    /**
     * The key as text if it is printable UTF-8, otherwise {@code hex:} and its bytes in hexadecimal. A text that begins with {@code
     * hex:} itself is printed in hexadecimal, too: otherwise it would be read as another key.
     */
    public static String of(byte[] key) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(key))
                    .toString();
            if (isUnambiguous(text)) {
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
     * Reads a key: hexadecimal digits behind {@code hex:}, otherwise the text itself.
     *
     * @param hex whether the text is hexadecimal without {@code hex:} before it, too
     * @throws IllegalArgumentException if the text is not hexadecimal; the message says what to write
     */
    public static byte[] parse(String text, boolean hex) {
        boolean prefixed = text.startsWith(HEX_PREFIX);
        if (!hex && !prefixed) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        try {
            return HexFormat.of().parseHex(prefixed ? text.substring(HEX_PREFIX.length()) : text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not hexadecimal; write two digits for each byte of the key"
                            + (prefixed ? ", also for a key that is a text beginning with " + HEX_PREFIX : ""),
                    e);
        }
    }

    private static boolean isUnambiguous(String text) {
        return !text.isEmpty()
                && !text.startsWith(HEX_PREFIX)
                && text.codePoints().allMatch(KeyFormat::isPrintable);
    }

    /** Whether a terminal shows a character as it is, and it is not mistaken for another: a blank, and no other white space. */
    public static boolean isPrintable(int character) {
        return character == ' '
                || !(Character.isISOControl(character)
                        || Character.isWhitespace(character)
                        || Character.getType(character) == Character.UNASSIGNED
                        || Character.getType(character) == Character.FORMAT);
    }
}

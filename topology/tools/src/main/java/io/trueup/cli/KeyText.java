package io.trueup.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Record keys as people read and write them. */
final class KeyText {

    private KeyText() {}

    /** The key as text if it is printable UTF-8, otherwise {@code hex:} and its bytes in hexadecimal. */
    static String of(byte[] key) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(key))
                    .toString();
            if (!text.isEmpty() && text.codePoints().allMatch(KeyText::printable)) {
                return text;
            }
        } catch (CharacterCodingException e) {
            // shown as bytes
        }
        return "hex:" + HexFormat.of().formatHex(key);
    }

    private static boolean printable(int character) {
        return character == ' '
                || !(Character.isISOControl(character)
                        || Character.isWhitespace(character)
                        || Character.getType(character) == Character.UNASSIGNED
                        || Character.getType(character) == Character.FORMAT);
    }
}

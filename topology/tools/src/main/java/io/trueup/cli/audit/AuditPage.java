package io.trueup.cli.audit;

import io.trueup.audit.result.AuditResult;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The result of an audit as a page that needs no other file and no network. It contains the result as JSON, and a script that
 * shows one page of keys at a time.
 */
final class AuditPage {

    private static final String DATA = "{{data}}";

    private AuditPage() {}

    static void write(AuditResult result, Optional<ValueDecoder> values, PrintWriter out) throws IOException {
        String template = template();
        int at = template.indexOf(DATA);
        out.write(template.substring(0, at));
        PrintWriter data = new PrintWriter(new ScriptEscapingWriter(out));
        AuditJson.writeForScript(result, values, data);
        data.flush();
        out.write(template.substring(at + DATA.length()));
        out.flush();
    }

    /** Escapes {@code <} in JSON, so that no key can end the script element that contains the data. */
    private static final class ScriptEscapingWriter extends FilterWriter {

        ScriptEscapingWriter(Writer out) {
            super(out);
        }

        @Override
        public void write(int character) throws IOException {
            if (character == '<') {
                out.write("\\u003c");
            } else {
                out.write(character);
            }
        }

        @Override
        public void write(char[] characters, int from, int length) throws IOException {
            for (int i = from; i < from + length; i++) {
                write(characters[i]);
            }
        }

        @Override
        public void write(String text, int from, int length) throws IOException {
            for (int i = from; i < from + length; i++) {
                write(text.charAt(i));
            }
        }
    }

    private static String template() throws IOException {
        try (InputStream in = AuditPage.class.getResourceAsStream("audit.html")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}

package io.trueup.cli;

import io.trueup.audit.AuditResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;

/**
 * An audit's result as a page that needs nothing but itself: no other file, no network. The result is in it as JSON, and a
 * script shows the rows that are in view.
 */
final class AuditPage {

    private static final String DATA = "{{data}}";

    private AuditPage() {}

    static void write(AuditResult result, PrintWriter out) throws IOException {
        StringWriter json = new StringWriter();
        AuditJson.write(result, new PrintWriter(json));
        String template = template();
        int at = template.indexOf(DATA);
        out.write(template.substring(0, at));
        out.write(harmless(json.toString()));
        out.write(template.substring(at + DATA.length()));
        out.flush();
    }

    /** Nothing in the data can end the element that it is in: a key may hold anything. */
    private static String harmless(String json) {
        return json.replace("<", "\\u003c");
    }

    private static String template() throws IOException {
        try (InputStream in = AuditPage.class.getResourceAsStream("audit.html")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}

package io.trueup.cli.audit;

import io.trueup.audit.result.AuditResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The formats in which the result of an audit can be printed. */
enum AuditFormat {
    /** For people. */
    TEXT,
    /** For programs: everything that is known. */
    JSON,
    /** For spreadsheets: a line per divergent key and replica. */
    CSV,
    /** A page for browsers, in one file. */
    HTML;

    /** The names on the command line. */
    static final List<String> NAMES = Arrays.stream(values())
            .map(format -> format.name().toLowerCase(Locale.ROOT))
            .toList();

    /** The format of a name on the command line; empty if there is none. */
    static Optional<AuditFormat> of(String name) {
        return NAMES.contains(name) ? Optional.of(valueOf(name.toUpperCase(Locale.ROOT))) : Optional.empty();
    }

    /**
     * Writes a result.
     *
     * @param values reads the values of divergent keys; empty: they are not written
     */
    void write(AuditResult result, Optional<ValueDecoder> values, PrintWriter out) throws IOException {
        switch (this) {
            case TEXT -> AuditText.write(result, values, out);
            case JSON -> AuditJson.write(result, values, out);
            case CSV -> AuditCsv.write(result, values.isPresent(), out);
            case HTML -> AuditPage.write(result, values, out);
        }
    }
}

package io.trueup.demo;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Where the demo shows itself: on a terminal the progress is redrawn in place, elsewhere it is one line from time to time.
 * Thread-safe.
 */
final class Screen {

    private static final long LINE_EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final PrintStream out;
    private final boolean terminal;
    private int drawn;
    private long lastLineNanos;

    Screen(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
        this.lastLineNanos = System.nanoTime() - LINE_EVERY_NANOS;
    }

    /** Standard output. */
    static Screen standard() {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        String term = System.getenv("TERM");
        return new Screen(out, isTerminal() && term != null && !term.equals("dumb"));
    }

    /** From Java 22 on there is a console even where standard output is a file, but it tells. */
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    /** Prints lines to stay. */
    synchronized void say(String... lines) {
        erase();
        for (String line : lines) {
            out.println(line);
        }
    }

    /** Prints lines to stay. */
    void say(List<String> lines) {
        say(lines.toArray(String[]::new));
    }

    /**
     * Shows progress, in place of the one before.
     *
     * @param panel for a terminal
     * @param line for anything else
     */
    synchronized void progress(List<String> panel, String line) {
        if (terminal) {
            erase();
            panel.forEach(out::println);
            drawn = panel.size();
        } else if (System.nanoTime() - lastLineNanos >= LINE_EVERY_NANOS) {
            lastLineNanos = System.nanoTime();
            out.println(line);
        }
    }

    private void erase() {
        if (drawn > 0) {
            out.print("\u001b[" + drawn + "A\u001b[J");
            drawn = 0;
        }
    }

    /** {@code 100 000}. */
    static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', ' ');
    }

    /** {@code 1.2 s}. */
    static String seconds(long ms) {
        return String.format(Locale.ROOT, "%.1f s", ms / 1000.0);
    }

    /** {@code 3.4 MB}. */
    static String bytes(long bytes) {
        if (bytes < 1_000) {
            return bytes + " B";
        }
        return bytes < 1_000_000
                ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
                : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}

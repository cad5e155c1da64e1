package io.trueup.demo.console;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The output of the demo. On a terminal, progress is redrawn in place; elsewhere it is one line every few seconds. Thread-safe.
 */
public final class Screen {

    private static final long LINE_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final PrintStream out;
    private final boolean terminal;
    private int drawnLines;
    private long lastLineNanos;

    public Screen(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
        this.lastLineNanos = System.nanoTime() - LINE_INTERVAL_NANOS;
    }

    /** The screen on standard output. */
    public static Screen standard() {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        String term = System.getenv("TERM");
        return new Screen(out, isTerminal() && term != null && !term.equals("dumb"));
    }

    /** From Java 22 on there is a console even where standard output is a file; its method isTerminal distinguishes them. */
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

    /** Prints lines that stay. */
    public synchronized void print(String... lines) {
        erase();
        for (String line : lines) {
            out.println(line);
        }
    }

    /** Prints lines that stay. */
    public void print(List<String> lines) {
        print(lines.toArray(String[]::new));
    }

    /**
     * Shows progress in place of the progress shown before.
     *
     * @param panel lines for a terminal
     * @param line one line for any other output
     */
    public synchronized void progress(List<String> panel, String line) {
        if (terminal) {
            erase();
            panel.forEach(out::println);
            drawnLines = panel.size();
        } else if (System.nanoTime() - lastLineNanos >= LINE_INTERVAL_NANOS) {
            lastLineNanos = System.nanoTime();
            out.println(line);
        }
    }

    private void erase() {
        if (drawnLines > 0) {
            out.print("\u001b[" + drawnLines + "A\u001b[J");
            drawnLines = 0;
        }
    }
}

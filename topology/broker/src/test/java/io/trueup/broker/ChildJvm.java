package io.trueup.broker;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Processes of tests: JVMs on the test's own class path that are soon up, at the price of slower code later. */
public final class ChildJvm {

    private ChildJvm() {}

    /**
     * A command line.
     *
     * @param rest options for the JVM, the main class and its arguments
     */
    public static List<String> command(String... rest) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(List.of(rest));
        return command;
    }
}

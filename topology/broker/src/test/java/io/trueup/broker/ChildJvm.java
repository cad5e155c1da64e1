package io.trueup.broker;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** JVMs that tests start, with the class path of the test. They start fast, at the cost of slower code later. */
public final class ChildJvm {

    private ChildJvm() {}

    /**
     * The command line of such a JVM.
     *
     * @param rest JVM options, main class and its arguments
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

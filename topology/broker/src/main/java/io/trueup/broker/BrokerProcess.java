package io.trueup.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;

/**
 * Main class of the broker's process. Kafka's server classes are on the class path of that process only, so this class calls
 * them by name.
 *
 * <p>The parent process keeps standard input open. End of input means that the parent has ended, in whatever way. The broker
 * then ends at once and removes the directory that its last argument names.
 */
final class BrokerProcess {

    private BrokerProcess() {}

    /**
     * Formats the storage if it is new, and runs the broker until the process is stopped.
     *
     * @param arguments cluster id, path of server.properties, directory to remove when the parent has ended
     */
    public static void main(String[] arguments) throws Exception {
        String clusterId = arguments[0];
        String properties = arguments[1];
        watchParent(System.in, Path.of(arguments[2]));
        ignoreInterrupts();
        format(clusterId, properties);
        Class.forName("kafka.Kafka").getMethod("main", String[].class).invoke(null, (Object) new String[] {properties});
    }

    private static void watchParent(InputStream parent, Path directory) {
        Thread watch = new Thread(() -> {
            awaitEnd(parent);
            Directories.deleteQuietly(directory);
            Runtime.getRuntime().halt(1);
        });
        watch.setName("parent-watch");
        watch.setDaemon(true);
        watch.start();
    }

    private static void awaitEnd(InputStream parent) {
        try {
            while (parent.read() >= 0) {
                // the parent never writes
            }
        } catch (IOException e) {
            // same as end of input
        }
    }

    /**
     * Ctrl-C reaches every process of the terminal, but the parent decides when the broker stops. Uses reflection, because javac
     * cannot be configured to accept {@code sun.misc.Signal} without a warning.
     */
    private static void ignoreInterrupts() throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        Object ignore = Proxy.newProxyInstance(
                BrokerProcess.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> null);
        Object interrupt = signal.getConstructor(String.class).newInstance("INT");
        signal.getMethod("handle", signal, handler).invoke(null, interrupt, ignore);
    }

    private static void format(String clusterId, String properties) throws ReflectiveOperationException {
        String[] arguments = {"format", "--ignore-formatted", "-t", clusterId, "-c", properties};
        Object exitCode;
        try {
            exitCode = Class.forName("kafka.tools.StorageTool")
                    .getMethod("execute", String[].class, PrintStream.class)
                    .invoke(null, arguments, System.out);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("cannot format the broker's storage", e.getCause());
        }
        if (!Integer.valueOf(0).equals(exitCode)) {
            throw new IllegalStateException("formatting the broker's storage ended with exit code " + exitCode);
        }
    }
}

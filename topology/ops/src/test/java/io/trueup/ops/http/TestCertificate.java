package io.trueup.ops.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.KeyStore;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** A certificate for 127.0.0.1 that signs itself, made by the JDK's keytool. */
final class TestCertificate {

    private TestCertificate() {}

    static Path keystore(Path directory, String password) throws Exception {
        Path store = directory.resolve("http.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "http",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=trueup",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        password)
                .redirectErrorStream(true)
                .start();
        String output = new String(keytool.getInputStream().readAllBytes(), UTF_8);
        assertThat(keytool.waitFor()).as(output).isZero();
        return store;
    }

    static KeyStore trusted(Path store, String password) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("http", load(store, password).getCertificate("http"));
        return trusted;
    }

    static Path pem(Path store, String password, Path directory) throws Exception {
        return write(
                directory.resolve("tls.crt"),
                "CERTIFICATE",
                load(store, password).getCertificate("http").getEncoded());
    }

    /** The private key as PKCS#8, encrypted with the password or not. */
    static Path key(Path store, String password, Path directory, boolean encrypted) throws Exception {
        byte[] key =
                load(store, password).getKey("http", password.toCharArray()).getEncoded();
        return encrypted
                ? write(directory.resolve("tls.key"), "ENCRYPTED PRIVATE KEY", encrypted(key, password))
                : write(directory.resolve("tls.key"), "PRIVATE KEY", key);
    }

    private static byte[] encrypted(byte[] key, String password) throws Exception {
        String algorithm = "PBEWithHmacSHA256AndAES_256";
        Cipher cipher = Cipher.getInstance(algorithm);
        cipher.init(
                Cipher.ENCRYPT_MODE,
                SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password.toCharArray())));
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("PBES2");
        parameters.init(cipher.getParameters().getEncoded());
        return new EncryptedPrivateKeyInfo(parameters, cipher.doFinal(key)).getEncoded();
    }

    private static Path write(Path file, String kind, byte[] content) throws Exception {
        String encoded = Base64.getMimeEncoder(64, "\n".getBytes(UTF_8)).encodeToString(content);
        return Files.writeString(file, "-----BEGIN " + kind + "-----\n" + encoded + "\n-----END " + kind + "-----\n");
    }

    private static KeyStore load(Path store, String password) throws Exception {
        KeyStore loaded = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            loaded.load(in, password.toCharArray());
        }
        return loaded;
    }
}

"""What ffmpeg 5.1 and 7.1 say of hardware that does not encode."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from camsvc.launcher.encoder_words import encoder_trouble


class EncoderTests(SynchronousTestCase):
    """`encoder_trouble`."""

    def test_encoder(self) -> None:
        """It is told apart from what ffmpeg says of the camera, and of all being well."""
        fails = {
            "[h264_vaapi @ 0x55d5] No usable encoding entrypoint found for profile 13.": "No usable encoding",
            "[h264_v4l2m2m @ 0x55d5] Could not find a valid device": "Could not find a valid device",
            "[AVHWDeviceContext @ 0x55] No VA display found for device /dev/dri/renderD128.": "No VA display found",
            "Device creation failed: -22.": "Device creation failed",
            "Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0": "opening",
            "Video encoding failed": "Video encoding failed",
            "Failed to inject frame into filter network: Input/output error": "inject frame",
            "[vost#0:0/h264_v4l2m2m @ 0x55de] Error while opening encoder - maybe incorrect parameters such as"
            " bit_rate, rate, width or height.": "opening encoder",
            "[vost#0:0/h264_vaapi @ 0x55de] Error submitting video frame to the encoder": "Error submitting",
            "[vf#0:0 @ 0x55de] Error while filtering: Input/output error": "Error while filtering",
        }
        for line, told in fails.items():
            trouble = encoder_trouble(["frame dropped", line, "Conversion failed!"])
            self.assertIn(told, trouble)
            self.assertNotIn(" @ 0x", trouble)
        for line in (
            "/dev/video7: No such device",
            "[h264_vaapi @ 0x55d5] Driver does not support some wanted packed headers (wanted 0xd, found 0x1).",
            "[rtsp @ 0x55] method DESCRIBE failed: 404 Not Found",
            "av_interleaved_write_frame(): Broken pipe",
            "[vost#0:0/h264_vaapi @ 0x55] Error submitting a packet to the muxer: Broken pipe",
        ):
            self.assertEqual(encoder_trouble([line]), "")

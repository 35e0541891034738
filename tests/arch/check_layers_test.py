"""Tests that check_layers.py sees what it should see."""
import unittest

from check_layers import violations_of


class Layers(unittest.TestCase):
    def assertBroken(self, path, header):
        self.assertTrue(violations_of(path, f'#include "{header}"\n'), f"{path} -> {header} should be refused")

    def assertFine(self, path, header):
        self.assertEqual(violations_of(path, f"#include <{header}>\n"), [])

    def test_lower_layers_do_not_see_upper_ones(self):
        self.assertBroken("core/base/log.cpp", "core/array/array.h")
        self.assertBroken("core/io/png.cpp", "core/inference/model.h")
        self.assertBroken("core/embedding/store.cpp", "core/segmentation/prompts.h")
        self.assertBroken("core/session/session.cpp", "ui/window/window.h")

    def test_upper_layers_see_lower_ones(self):
        self.assertFine("core/embedding/store.cpp", "core/io/image_source.h")
        self.assertFine("core/session/session.cpp", "core/segmentation/prompts.h")
        self.assertFine("app/cli/main.cpp", "core/base/log.h")

    def test_torch_stays_in_the_engine_and_the_engine_is_a_plugin(self):
        self.assertBroken("core/segmentation/a.cpp", "ATen/ATen.h")
        self.assertBroken("core/inference/a.cpp", "torch/nn.h")
        self.assertBroken("app/cli/main.cpp", "core/nn/promptable_model.h")
        self.assertFine("core/nn/sam/a.cpp", "ATen/ATen.h")
        self.assertFine("tests/unit/nn_train/a_test.cpp", "ATen/ATen.h")

    def test_qt_and_vtk_stay_in_ui(self):
        self.assertBroken("core/session/a.cpp", "QString")
        self.assertBroken("app/cli/main.cpp", "QApplication")
        self.assertBroken("ui/panels/a.cpp", "vtkRenderer.h")
        self.assertFine("ui/panels/a.cpp", "QWidget")
        self.assertFine("ui/views/volume/a.cpp", "vtkRenderer.h")

    def test_third_party_headers_stay_in_sources(self):
        self.assertBroken("core/io/image_source.h", "tiffio.h")
        self.assertFine("core/io/image_source.cpp", "tiffio.h")

    def test_backends_are_seen_by_their_own_module_alone(self):
        self.assertFine("core/io/tiff/tiff_handle.h", "tiffio.h")
        self.assertFine("core/io/open_image.cpp", "core/io/tiff/tiff_source.h")
        self.assertBroken("app/cli/inspect_command.cpp", "core/io/tiff/tiff_source.h")


if __name__ == "__main__":
    unittest.main()
